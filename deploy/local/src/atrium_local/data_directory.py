"""The data directory of one machine: its lock, its secrets, the ports and process ids of what runs on it."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from atrium_common.jsontypes import JSONMapping
from atrium_common.settings import Settings
from atrium_local.exchange import STAGED, finish, is_cut_off
from atrium_local.ports import free_port, is_free

KEPT_FILES = ("secrets", "operator-key")
_USERS = "users.lock"
_RUNNING = (
    "by a process started by itself (`atrium gateway`, `tenancy`, …) or by a command that reads it: let it end first"
)
_NO_PORT = 65536
_CHANGING = "by `admin restore` or `admin rotate-sealing-key`: wait until it has ended"
SECRETS = ("ATRIUM_PRINCIPAL_KEYS", "ATRIUM_SEALING_KEYS", "ATRIUM_LOOKUP_KEY")


class DirectoryInUse(Exception):
    """Somebody else uses this data directory; the text says who might, and what to do."""


class DataDirectory:
    """What `atrium up` keeps below one directory."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def operator_key(self) -> Path:
        """The file of the operator's key."""
        return self.path / "operator-key"

    @property
    def kept_files(self) -> list[str]:
        """What there is beside the stores that belongs to the installation."""
        return [name for name in KEPT_FILES if (self.path / name).exists()]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory as its one suite; single processes and commands may use it beside.

        Raises:
            DirectoryInUse: another suite runs on it, or it is being restored.
        """
        word = "by another `atrium up`: stop that one, or give another --data-dir"
        with self._held("lock", fcntl.LOCK_EX, word):
            if is_cut_off(self.path):
                with self._held(_USERS, fcntl.LOCK_EX, _RUNNING):
                    finish(self.path)
            with self._held(_USERS, fcntl.LOCK_SH, _CHANGING):
                yield

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Use the directory, beside a suite or without one. A restore that was cut off is carried through before.

        Raises:
            DirectoryInUse: it is being restored, or its keys are being rotated.
        """
        if is_cut_off(self.path):
            with self.alone():
                pass
        with self._held(_USERS, fcntl.LOCK_SH, _CHANGING):
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the directory while nothing else uses it. A restore that was cut off is carried through before.

        Raises:
            DirectoryInUse: something does.
        """
        with (
            self._held("lock", fcntl.LOCK_EX, "by `atrium up`: stop it first"),
            self._held(_USERS, fcntl.LOCK_EX, _RUNNING),
        ):
            finish(self.path)
            yield

    @contextlib.contextmanager
    def _held(self, name: str, how: int, word: str) -> Iterator[None]:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.path / "run").mkdir(exist_ok=True)
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DirectoryInUse(f"{self.path} is in use {word}") from None
            yield
        finally:
            os.close(descriptor)

    def forget_staged(self) -> None:
        """Remove what restores that were killed had made ready: nothing of it counts. The directory must be held."""
        for path in self.path.glob(f"{STAGED}*"):
            shutil.rmtree(path, ignore_errors=True)

    def is_one(self) -> bool:
        """Whether a suite has been started here before."""
        return (self.path / "secrets").exists() or is_cut_off(self.path)

    def secrets(self, settings: Settings | None = None) -> Mapping[str, str]:
        """The suite's keys: made on first use (mode 0600); what settings and environment say goes before."""
        path = self.path / "secrets"
        if not path.exists():
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.write_secrets(new_secrets(), first=True)
        kept = self.kept_secrets()
        given = {name: os.environ.get(name, "") for name in SECRETS}
        if settings is not None:
            given |= {name: secret for name in SECRETS if (secret := _secret(settings, name))}
        return {name: given[name] or kept.get(name, "") for name in SECRETS}

    def kept_secrets(self) -> Mapping[str, str]:
        """What the file of secrets says, whatever the environment does."""
        values = dotenv_values(self.path / "secrets", interpolate=False)
        return {name: value or "" for name, value in values.items()}

    def write_secrets(self, secrets: Mapping[str, str], *, first: bool = False) -> None:
        """Put the file of secrets in place, whole or not at all; of two first starts the first one's stays."""
        path = self.path / "secrets"
        temporary = path.with_name(f"secrets.{os.getpid()}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
            file.write("".join(f"{name}='{value}'\n" for name, value in secrets.items()))
            file.flush()
            os.fsync(file.fileno())
        if not first:
            temporary.replace(path)
            return
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink()

    def ports(self, names: tuple[str, ...]) -> Mapping[str, int]:
        """A port for each name, the same over restarts as long as nobody else has taken it."""
        kept = self.known_ports()
        ports: dict[str, int] = {}
        for name in names:
            port = kept.get(name, 0)
            ports[name] = port if port and is_free("127.0.0.1", port) else free_port(frozenset(ports.values()))
        note(self.path / "run" / "ports.json", ports)
        return ports

    def known_ports(self) -> Mapping[str, int]:
        """The ports of the suite that runs, or last ran, here; empty where none has."""
        found = noted(self.path / "run" / "ports.json")
        return {name: port for name, port in found.items() if isinstance(port, int) and 0 < port < _NO_PORT}

    @property
    def gateway_url(self) -> str | None:
        """Where the gateway of the suite that runs, or last ran, here answers."""
        path = self.path / "run" / "gateway.url"
        return path.read_text().strip() if path.exists() else None

    def write_gateway_url(self, url: str) -> None:
        """Note where the gateway answers."""
        (self.path / "run" / "gateway.url").write_text(f"{url}\n")

    def write_pid(self, name: str, pid: int) -> None:
        """Note a service's process id."""
        (self.path / "run" / f"{name}.pid").write_text(f"{pid}\n")

    def forget_pids(self) -> None:
        """Remove what was noted of processes that have ended."""
        for path in (self.path / "run").glob("*.pid"):
            path.unlink(missing_ok=True)

    def is_being_left(self, host: str, port: int) -> bool:
        """Whether processes of a suite that was killed here end only now, and hold its ports or this one still."""
        pids = [int(text) for path in (self.path / "run").glob("*.pid") if (text := path.read_text().strip()).isdigit()]
        if not any(runs(pid) for pid in pids):
            return False
        return not is_free(host, port) or not all(is_free("127.0.0.1", kept) for kept in self.known_ports().values())

    def write_operator_key(self, key: str) -> None:
        """Keep the operator's key, readable by this user alone."""
        temporary = self.operator_key.with_suffix(".new")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(self.operator_key)


def note(path: Path, facts: Mapping[str, object]) -> None:
    """Note facts of a run, whole or not at all."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(dict(facts), indent=1))
    temporary.replace(path)


def noted(path: Path) -> JSONMapping:
    """The facts that were noted of a run; none where nothing was, or where a full disk or a power cut left half."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def runs(pid: int) -> bool:
    """Whether a process with this id runs."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def given_secrets(settings: Settings) -> Mapping[str, str]:
    """The suite's keys as the settings give them; empty where they give none."""
    return {name: _secret(settings, name) for name in SECRETS}


def random_key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def new_secrets(number: int = 1) -> dict[str, str]:
    """Fresh keys for a suite, their ids with this number."""
    return {
        "ATRIUM_PRINCIPAL_KEYS": f"gateway-{number}!:{random_key()},service-{number}!:{random_key()}",
        "ATRIUM_SEALING_KEYS": f"k{number}:{random_key()}",
        "ATRIUM_LOOKUP_KEY": random_key(),
    }


def _secret(settings: Settings, name: str) -> str:
    value: SecretStr = getattr(settings, name.removeprefix("ATRIUM_").lower())
    return value.get_secret_value()
