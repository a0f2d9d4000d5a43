"""Ports for what runs on this machine."""

from __future__ import annotations

import errno
import secrets
import socket
from pathlib import Path

_LOWEST = 10_000
_OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_OUTGOING = 32_768


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """A port of the loopback interface that nobody holds, none of `taken`.

    It is none of those that the system gives to outgoing connections: between two lives of a server, somebody's
    connection would take it, and the server could not come back to where others know it.
    """
    highest = _lowest_outgoing() - 1
    while True:
        port = _LOWEST + secrets.randbelow(highest - _LOWEST)
        if port not in taken and is_free("127.0.0.1", port):
            return port


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on the port.

    Raises:
        OSError: nobody can listen there at all.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise OSError(
                f"can't listen on {host}, port {port} ({error.strerror}): --host must be an address of this machine,"
                " and --port one that this user may take"
            ) from error
        return True


def _lowest_outgoing() -> int:
    try:
        lowest = int(_OUTGOING.read_text().split()[0])
    except (OSError, ValueError):
        return _LOWEST_OUTGOING
    # Where nearly all ports may go out, there is no better choice than among the usual ones.
    return lowest if lowest > _LOWEST * 2 else _LOWEST_OUTGOING
