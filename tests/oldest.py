"""Print the oldest versions that requirements.txt admits, as constraints for pip: python tests/oldest.py.

Their one source is the lower bound of each line. `make test-oldest` installs them and runs every test with them. It
needs the standard library alone, since nothing is installed yet when it runs.
"""

import re
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
ENTRY = re.compile(r"(?P<name>[\w.-]+)[^#]*?(?:>=|==)(?P<version>[\w.]+)")


def oldest(lines):
    """name → lower bound, for each requirement in `lines`; what is pinned has its pin; ValueError without a bound."""
    entries = [line for line in map(str.strip, lines) if line and not line.startswith(("#", "-"))]
    found = [ENTRY.match(entry) for entry in entries]
    if None in found:
        raise ValueError(f"lines: expected a lower bound, >= or ==, got {entries[found.index(None)]!r}")
    return {match["name"]: match["version"] for match in found}


if __name__ == "__main__":
    for name, version in oldest(REQUIREMENTS.read_text(encoding="utf-8").splitlines()).items():
        print(f"{name}=={version}")
