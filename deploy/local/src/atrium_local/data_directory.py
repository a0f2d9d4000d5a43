"""The data directory of one machine: its lock, its secrets, the ports and process ids of what runs on it."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values

SECRETS = ("ATRIUM_PRINCIPAL_KEYS", "ATRIUM_SEALING_KEYS", "ATRIUM_LOOKUP_KEY")


class DirectoryInUse(Exception):
    """Another suite runs on this data directory."""


class DataDirectory:
    """What `atrium up` keeps below one directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def operator_key(self) -> Path:
        """The file of the operator's key."""
        return self.path / "operator-key"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this suite alone.

        Raises:
            DirectoryInUse: another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.path / "run").mkdir(exist_ok=True)
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DirectoryInUse(
                    f"{self.path} is in use by another `atrium up`: stop that one, or give another --data-dir"
                ) from None
            yield
        finally:
            os.close(descriptor)

    def secrets(self) -> Mapping[str, str]:
        """The suite's keys: made on first use (mode 0600); what the environment sets goes before."""
        path = self.path / "secrets"
        if not path.exists():
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.with_name(f"secrets.{os.getpid()}")
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
                file.write("".join(f"{name}='{value}'\n" for name, value in _new_secrets().items()))
                file.flush()
                os.fsync(file.fileno())
            # Of two first starts the first one's keys stay.
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
            temporary.unlink()
        kept = {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}
        return {name: os.environ.get(name) or kept.get(name, "") for name in SECRETS}

    def ports(self, names: tuple[str, ...]) -> Mapping[str, int]:
        """A port for each name, the same over restarts as long as nobody else has taken it."""
        path = self.path / "run" / "ports.json"
        kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        ports: dict[str, int] = {}
        for name in names:
            port = kept.get(name, 0)
            ports[name] = port if port and is_free("127.0.0.1", port) else _free_port(set(ports.values()))
        path.write_text(json.dumps(ports, indent=1))
        return ports

    def known_ports(self) -> Mapping[str, int]:
        """The ports of the suite that runs, or last ran, here; empty where none has."""
        path = self.path / "run" / "ports.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def write_pid(self, name: str, pid: int) -> None:
        """Note a service's process id."""
        (self.path / "run" / f"{name}.pid").write_text(f"{pid}\n")

    def write_operator_key(self, key: str) -> None:
        """Keep the operator's key, readable by this user alone."""
        temporary = self.operator_key.with_suffix(".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.operator_key)


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _free_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def _new_secrets() -> dict[str, str]:
    def random_bytes() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "ATRIUM_PRINCIPAL_KEYS": f"gateway-1!:{random_bytes()},service-1!:{random_bytes()}",
        "ATRIUM_SEALING_KEYS": f"k1:{random_bytes()}",
        "ATRIUM_LOOKUP_KEY": random_bytes(),
    }
