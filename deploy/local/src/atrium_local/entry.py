"""Where the command begins: Ctrl-C ends it without a word, also while its parts are still being loaded."""

from __future__ import annotations

import os
import signal

_INTERRUPTED = 130


def main() -> None:
    """Run the command: exit 0 done, 1 failed, 2 wrong usage, 130 interrupted before it had begun."""
    ordinary = signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))
    from atrium_local.command import app

    # From here on the commands see to it themselves.
    signal.signal(signal.SIGINT, ordinary)
    app()
