"""Seals of the capstone: lines of a ledger that cannot be rewritten, and which submissions came from a game.

Needs nothing but Python, so that an exercise can ask without a second of start-up.
"""

import hmac
import secrets

__all__ = ["issue", "issued", "seal"]

_issued = []


def seal():
    """Two functions: `stamp` seals a line of the ledger onto those before it; `intact` tells whether all still fit.

    The key and the sum of what was paid lie in the closure, where no slip of the hand can change them.
    """
    key, chain, paid = secrets.token_bytes(16), [b""], [0]

    def link(before, line):
        return hmac.digest(key, before + line.encode(), "sha256")

    def stamp(line, cost):
        chain[0] = link(chain[0], line)
        paid[0] += cost

    def intact(lines):
        """None if all is well, else the steps that were paid."""
        now = b""
        for line in lines:
            now = link(now, line)
        return None if now == chain[0] else paid[0]

    return stamp, intact


def issue(submission):
    """Note that a submission came from a game."""
    _issued.append(submission)


def issued(submission):
    """Whether a submission came from a game in this session."""
    return any(submission is made for made in _issued)
