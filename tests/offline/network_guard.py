"""Every attempt of Python code to reach another machine is an error: the course works with the network unplugged."""

import os
import socket

__all__ = ["NetworkUsed", "inherit", "install"]

HOME = ("127.", "::1", "localhost", "0.0.0.0")


class NetworkUsed(BaseException):
    """Not an Exception, so that nobody catches it by the way and goes on."""


def install():
    """Guard this process. Code in C that opens connections by itself is not seen; `make test-offline` is."""
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))


def inherit():
    """Guard the Python processes that this one will start, such as kernels: they import sitecustomize from here."""
    paths = [os.path.dirname(__file__), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in dict.fromkeys(paths) if path)


def _guarded(connect):
    if hasattr(connect, "guarded"):
        return connect

    def guarded(self, address):
        reaches_out = self.family in (socket.AF_INET, socket.AF_INET6) and self.type & socket.SOCK_STREAM
        if reaches_out and not str(address[0]).startswith(HOME):
            raise NetworkUsed(f"a connection to {address[0]} port {address[1]}: the course must work without a network")
        return connect(self, address)

    guarded.guarded = True
    return guarded
