"""A server that speaks MongoDB's wire protocol, on the JVM of this machine.

It stands in for MongoDB: atomic per document, unique multikey indexes, a file. What only MongoDB can show (majority,
failover, change streams) it can't.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from atrium_local.ports import free_port
from tests.infra.jars import classpath
from tests.infra.process import ServerProcess, listens

_JVM = ["-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]


class MongoServer:
    """One server over one file."""

    def __init__(self) -> None:
        """Prepare it.

        Raises:
            Unavailable: it can't be had here.
        """
        path = classpath("mongo", "MongoWire")
        self._folder = tempfile.TemporaryDirectory(prefix="atrium-mongo-")
        folder = Path(self._folder.name)
        port = free_port()
        self.url = f"mongodb://127.0.0.1:{port}"
        command = ["java", *_JVM, "-cp", path, "MongoWire", str(folder / "data.h2"), str(port)]
        self.process = ServerProcess(command, folder / "log", lambda: listens(port))

    def close(self) -> None:
        """End it and remove its data."""
        self.process.kill()
        self._folder.cleanup()
