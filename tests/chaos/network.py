"""Where each process runs: a network namespace of its own behind a link that can be cut, or plain loopback.

The whole run lives in namespaces of its own (`inside`), so that nothing of it touches this machine's network or mounts.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from atrium_local.ports import free_port

_MARK = "ATRIUM_CHAOS_INSIDE"
_PREFIX = "10.77.0"
_HUB = f"{_PREFIX}.1"


class Place(Protocol):
    """Where one process runs."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def admin_port(self) -> int: ...
    def command(self, command: Sequence[str]) -> list[str]:
        """The command as it is run there."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """On this machine's loopback, on free ports."""

    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    admin_port: int = field(default_factory=free_port)

    def command(self, command: Sequence[str]) -> list[str]:
        return list(command)


@dataclass(frozen=True, slots=True)
class Apart:
    """In a network namespace that a process keeps; `link` is this side's end of its only way out."""

    host: str
    keeper: int
    link: str
    port: int = 8080
    admin_port: int = 9090

    def command(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.keeper}/ns/net", "--", *command]

    def cut(self) -> None:
        """From now on every packet to and from it is lost, without a word to anybody."""
        _ip("link", "set", self.link, "down")

    def join(self) -> None:
        """Connect it again."""
        _ip("link", "set", self.link, "up")


class Loopback:
    """All in one place: nothing can be cut off."""

    hub = "127.0.0.1"
    cuts = False

    def place(self) -> Place:
        return Here()

    def hub_port(self) -> int:
        return free_port()

    def close(self) -> None:
        """Nothing is kept."""


class Bridge:
    """A bridge in this process's own network namespace, and a namespace behind it for every place."""

    hub = _HUB
    cuts = True

    def __init__(self) -> None:
        self._keepers: list[subprocess.Popen[bytes]] = []
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "hub", "type", "bridge")
        _ip("address", "add", f"{_HUB}/24", "dev", "hub")
        _ip("link", "set", "hub", "up")

    def place(self) -> Place:
        # `cat` ends with this process, however that ends, and the namespace with it.
        keeper = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._keepers.append(keeper)
        assert keeper.stdout is not None
        keeper.stdout.readline()
        number = len(self._keepers)
        there = Apart(f"{_PREFIX}.{10 + number}", keeper.pid, f"link{number}")
        _ip("link", "add", there.link, "type", "veth", "peer", "name", "out", "netns", str(keeper.pid))
        _ip("link", "set", there.link, "master", "hub", "up")
        for command in (
            ["link", "set", "lo", "up"],
            ["address", "add", f"{there.host}/24", "dev", "out"],
            ["link", "set", "out", "up"],
        ):
            subprocess.run(there.command(["ip", *command]), check=True)
        return there

    def hub_port(self) -> int:
        return free_port()

    def close(self) -> None:
        for keeper in self._keepers:
            keeper.kill()
            keeper.wait()
        _ip("link", "delete", "hub")


Network = Loopback | Bridge


def enter() -> str:
    """Run this very command again in namespaces of its own; the reason where that can't be, else it does not return."""
    if os.environ.get(_MARK):
        return ""
    for tool in ("unshare", "nsenter", "ip"):
        if shutil.which(tool) is None:
            return f"no network namespaces: {tool} is not installed"
    apart = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--"]
    probe = "ip link add left type veth peer name right && ip link add mid type bridge && mount -t tmpfs none /mnt"
    tried = subprocess.run([*apart, "sh", "-c", probe], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"no network namespaces: {tried.stderr.strip()}"
    # -m makes sys.argv[0] a path: the module's name is in the frame that it was started by.
    module = sys.modules["__main__"].__spec__
    assert module is not None
    again = [*apart, sys.executable, "-m", module.name.removesuffix(".__main__"), *sys.argv[1:]]
    os.environ[_MARK] = "1"
    return os.execvp(again[0], again)  # noqa: S606


def inside() -> bool:
    """Whether this process has namespaces of its own."""
    return bool(os.environ.get(_MARK))


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """The network of this run."""
    made: Network = Bridge() if inside() else Loopback()
    try:
        yield made
    finally:
        made.close()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)
