"""The process that started this one and waits for its end, as `atrium up` does; a line joins the two.

The line is a socket, the parent's end of it the parent's alone. It ends when the parent has. On it a process says why
it can never work as it is set: an exit code tells only that it failed, and failures are mended by starting again.
"""

from __future__ import annotations

import contextlib
import os

PARENT_FD = "ATRIUM_PARENT_FD"
"""The setting with the number of the line's descriptor; without it nobody waits."""

LONGEST_REASON = 4096


def line() -> int | None:
    """The descriptor of the line to the parent, if there is one."""
    number = os.environ.get(PARENT_FD)
    return None if number is None else int(number)


def tell_unfit(reason: str) -> None:
    """Tell the parent, if there is one, that this process can never work as it is set, and why (no secrets)."""
    descriptor = line()
    if descriptor is None:
        return
    with contextlib.suppress(OSError):  # the parent has gone, or only wants to be watched
        os.write(descriptor, reason.encode()[:LONGEST_REASON])
