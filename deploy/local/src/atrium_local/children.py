"""Child processes: started, their output named, started again when they die, ended together."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from atrium_common.parent import LONGEST_REASON, PARENT_FD

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 10.0
_LONGEST_LINE = 1 << 20


class CannotStart(Exception):
    """A child can never work as it is set; the text is its own reason."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process to keep running.

    Attributes:
        environment: what its environment adds to this process's own.
        ends_in: which of the steps of ending it ends in, from 0: what calls others goes before them.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ends_in: int = 0


class Children:
    """Keeps processes running. Each holds one end of a line to this one, and ends by itself when this one is gone."""

    def __init__(self, *, started: Callable[[str, int], None], say: Callable[[str, str], None]) -> None:
        """`started` hears of every process id, `say` gets every line of output with its child's name."""
        self._started = started
        self._say = say
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._proven: set[str] = set()
        self._refused: asyncio.Queue[CannotStart] = asyncio.Queue()
        self._steps: dict[int, dict[str, asyncio.Task[None]]] = {}
        self._ending = False

    def start(self, child: Child) -> None:
        """Start this child and keep it running."""
        keeper = asyncio.create_task(self._keep(child), name=child.name)
        self._steps.setdefault(child.ends_in, {})[child.name] = keeper

    def prove(self, name: str) -> None:
        """This child has been ready: its settings work, so whatever ends it from now on, it is started again."""
        self._proven.add(name)

    async def refusal(self) -> None:
        """Wait for a child that can never work.

        Raises:
            CannotStart: one said so, and had never been ready.
        """
        raise await self._refused.get()

    async def stop(self, *, seconds: float) -> None:
        """Ask all to end, step by step, and wait; what has not ended `seconds` after it was asked is killed."""
        self._ending = True
        for _, keepers in sorted(self._steps.items()):
            running = [self._running[name] for name in keepers if name in self._running]
            for process in running:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(signal.SIGTERM)
            _, late = await asyncio.wait(keepers.values(), timeout=seconds)
            for process in running:
                if late and process.returncode is None:
                    process.kill()
            await asyncio.gather(*keepers.values(), return_exceptions=True)

    async def _keep(self, child: Child) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while not self._ending:
            started_at = loop.time()
            try:
                code, unfit = await self._run(child)
                ended = f"ended with {code}"
                if unfit and child.name not in self._proven and not self._ending:
                    self._refused.put_nowait(CannotStart(f"{child.name} can't start: {unfit}"))
                    return
            except OSError as error:
                ended = f"could not be started: {error}"
            if self._ending:
                return
            if loop.time() - started_at > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            self._say("atrium", f"{child.name} {ended}; starting it again in {pause:g} s")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _run(self, child: Child) -> tuple[int, str]:
        """Run the child to its end; its exit code, and why it can never work, where it said so."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *child.command,
                    env={**os.environ, **child.environment, PARENT_FD: str(theirs.fileno())},
                    pass_fds=(theirs.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    limit=_LONGEST_LINE,
                    start_new_session=True,  # Ctrl-C comes to the supervisor alone, which ends the children in order
                )
            self._running[child.name] = process
            self._started(child.name, process.pid)
            if self._ending:
                process.terminate()
            if process.stdout is not None:
                await self._hear(child.name, process.stdout)
            return await process.wait(), _told(ours)

    async def _hear(self, name: str, output: asyncio.StreamReader) -> None:
        """Pass on what a child says, line by line, to its end; of a line that is too long, its pieces."""
        while True:
            try:
                line = await output.readuntil()
            except asyncio.LimitOverrunError as overrun:
                line = await output.readexactly(overrun.consumed)
            except asyncio.IncompleteReadError as ended:
                line = ended.partial
                if not line:
                    return
            text = line.decode(errors="replace").rstrip("\n")
            self._say(name, text)


def _told(line: socket.socket) -> str:
    """What a child that has ended said on its line; empty where it said nothing."""
    line.setblocking(False)
    try:
        return line.recv(LONGEST_REASON).decode(errors="replace")
    except OSError:  # nothing, and a process that it has left behind holds the line
        return ""


def this_command() -> list[str]:
    """How a child runs this very command."""
    return [sys.executable, "-m", "atrium_local"]
