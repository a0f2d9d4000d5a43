"""Files by which a process is found: `NAME.pid`, and `NAME.ports.json`: `{"api": …, "admin": …}`, what it has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson


class RunFiles:
    """The files of this process, removed at its end; none at all where no directory is given."""

    def __init__(self, directory: Path | None, name: str) -> None:
        self._directory = directory
        self._name = name

    def __enter__(self) -> Self:
        """Write the process id."""
        self._write("pid", f"{os.getpid()}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what is still this process's own."""
        if self._directory is None:
            return
        pid = self._directory / f"{self._name}.pid"
        # A successor may have started already: its files stay.
        if pid.is_file() and pid.read_text().strip() == str(os.getpid()):
            pid.unlink(missing_ok=True)
            (self._directory / f"{self._name}.ports.json").unlink(missing_ok=True)

    def write_ports(self, ports: Mapping[str, int]) -> None:
        """Tell the ports: `api`, `admin`."""
        self._write("ports.json", orjson.dumps(dict(ports)))

    def _write(self, kind: str, content: bytes) -> None:
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{self._name}.{kind}"
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
        unfinished.write_bytes(content)
        unfinished.replace(path)
