"""The command `atrium` as the launcher of these tests starts it: with a wall clock that can be moved, or made newer.

ATRIUM_CHAOS_CLOCK names a file of eight bytes, a float: how many seconds this process's wall clock is ahead. It is
read anew at each look, so that the clock jumps while the process runs. ATRIUM_CHAOS_NEWER=1 makes the process one of
a newer version (`newer.py`).
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from atrium_common.clock import SystemClock

CLOCK = "ATRIUM_CHAOS_CLOCK"
NEWER = "ATRIUM_CHAOS_NEWER"


def set_ahead(path: Path, seconds: float) -> None:
    """Move the wall clock of the processes that read this file."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.write(struct.pack("d", seconds))


def _move_clock(path: Path) -> None:
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    real, real_ns = time.time, time.time_ns

    def ahead() -> float:
        return float(struct.unpack("d", shared[:8])[0])

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead())

    SystemClock.now = now  # type: ignore[assignment,method-assign]
    time.time = lambda: real() + ahead()
    time.time_ns = lambda: real_ns() + round(ahead() * 1e9)


def main() -> None:
    """Run the command."""
    if path := os.environ.get(CLOCK):
        _move_clock(Path(path))
    if os.environ.get(NEWER):
        from tests.chaos import newer

        newer.install()
    from atrium_local.entry import main as atrium

    atrium()


if __name__ == "__main__":
    sys.argv[0] = "atrium"
    main()
