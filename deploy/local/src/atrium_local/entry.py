"""Where the command begins: Ctrl-C ends it without a word, and what the machine refuses is told in one."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys

_INTERRUPTED = 130
_SERVING = frozenset({"up", "gateway", "tenancy", "entitlements", "webhooks"})
"""What is ended by SIGTERM, with 0: also before it has begun, when there is nothing to drain."""
_LOADED_OBJECTS = 50_000
"""What is loaded stays: to look for cycles among it every 700 objects takes a tenth of the start, and finds none."""


def main() -> None:
    """Run the command: exit 0 done, 1 failed, 2 wrong usage, 130 interrupted before it had begun."""
    ordinary = signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))
    if _SERVING.intersection(sys.argv[1:2]):
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # until the process sees to it itself
    gc.set_threshold(_LOADED_OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # An old locale's terminal or log may have no "…" and no "✓": a question mark is better than no word.
            stream.reconfigure(errors="replace")
    from typer.main import get_command

    from atrium_local.command import app
    from atrium_local.options import warn, words

    command = get_command(app)
    # From here on the commands see to it themselves.
    signal.signal(signal.SIGINT, ordinary)
    try:
        command()
    except OSError as error:
        # A file that no command had reckoned with, or an output that takes no more.
        warn(words(error))
        sys.exit(1)
