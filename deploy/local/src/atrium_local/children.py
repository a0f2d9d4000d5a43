"""Child processes: started, their output named, started again when they die, ended together."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from atrium_common.process import PARENT_FD

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 10.0
_LONGEST_LINE = 1 << 20
_UNFIT = (1, 2)
"""How a process ends that can't work with its settings; stores that are away it waits for."""
_REASON = re.compile(r"""\breason=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)""")


class CannotStart(Exception):
    """A child ended at its very start, and would again; the text is its own reason."""


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
    """Keeps processes running. They hold one end of a pipe, and end by themselves when this process is gone."""

    def __init__(self, *, started: Callable[[str, int], None], say: Callable[[str, str], None]) -> None:
        """`started` hears of every process id, `say` gets every line of output with its child's name."""
        self._started = started
        self._say = say
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._proven: set[str] = set()
        self._last_words: dict[str, str] = {}
        self._refused: asyncio.Queue[CannotStart] = asyncio.Queue()
        self._steps: dict[int, dict[str, asyncio.Task[None]]] = {}
        self._read_end, self._write_end = os.pipe()
        self._ending = False

    def start(self, child: Child) -> None:
        """Start this child and keep it running."""
        keeper = asyncio.create_task(self._keep(child), name=child.name)
        self._steps.setdefault(child.ends_in, {})[child.name] = keeper

    def prove(self, name: str) -> None:
        """This child has been ready: its settings work, so whatever ends it from now on, it is started again."""
        self._proven.add(name)

    async def refusal(self) -> None:
        """Wait for a child that can't start.

        Raises:
            CannotStart: one ended by itself, with 1 or 2, before it had ever been ready.
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
        os.close(self._write_end)
        os.close(self._read_end)

    async def _keep(self, child: Child) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while not self._ending:
            started_at = loop.time()
            try:
                code = await self._run(child)
                ended = f"ended with {code}"
                if code in _UNFIT and child.name not in self._proven and not self._ending:
                    said = reason_of(self._last_words.get(child.name, ""))
                    self._refused.put_nowait(CannotStart(f"{child.name} can't start: {said or ended}"))
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

    async def _run(self, child: Child) -> int:
        process = await asyncio.create_subprocess_exec(
            *child.command,
            env={**os.environ, **child.environment, PARENT_FD: str(self._read_end)},
            pass_fds=(self._read_end,),
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
        return await process.wait()

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
            if text.strip():
                self._last_words[name] = text
            self._say(name, text)


def reason_of(line: str) -> str:
    """Why a process could not start, out of the last line that it said: a log entry of either style, or plain words."""
    if line.startswith("{"):
        with contextlib.suppress(ValueError):
            return str(json.loads(line).get("reason", line))
    if found := _REASON.search(line):
        reason = found[1]
        return str(ast.literal_eval(reason)) if reason[0] in "'\"" else reason
    return line.strip().removeprefix("atrium: ")


def this_command() -> list[str]:
    """How a child runs this very command."""
    return [sys.executable, "-m", "atrium_local"]
