"""A gateway process that joins a running suite, kept by a test module and reached by several of its tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from atrium_local.ports import free_port
from tests.e2e.suite import command

_READY_SECONDS = 90.0


class Replica:
    """`atrium gateway --data-dir DIR`, on a port of its own or shared with others."""

    def __init__(self, directory: Path, environment: Mapping[str, str], *, port: int | None = None) -> None:
        self.port = port or free_port()
        self._admin_port = free_port()
        flags = ["--port", str(self.port), "--admin-port", str(self._admin_port), "--data-dir", str(directory)]
        flags += ["--reuse-port"] if port is not None else []
        with (directory.parent / f"{directory.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                command("gateway", *flags), env={**os.environ, **environment}, stdout=log, stderr=log
            )

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def ready(self) -> None:
        """Wait until it is."""
        until = time.monotonic() + _READY_SECONDS
        while True:
            assert self.runs
            assert time.monotonic() < until
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self._admin_port}/readyz", timeout=2) as answer:
                    json.load(answer)
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)

    def tell(self, number: int) -> None:
        """Send it a signal."""
        if self.runs:
            self._process.send_signal(number)

    def end(self) -> int:
        """End it as an operator would; its exit code."""
        self.tell(signal.SIGTERM)
        return self._process.wait(60)
