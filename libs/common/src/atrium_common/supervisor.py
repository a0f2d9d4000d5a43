"""Background work: jobs that are started again after a failure, and single tasks, few at a time; all ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeAlias

import structlog

from atrium_common.errors import Unavailable
from atrium_common.metrics import TASK_RESTARTS

log = structlog.get_logger("supervisor")

Job: TypeAlias = Callable[[], Awaitable[None]]
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 30.0
_STOP_SECONDS = 10.0
_LATELY_SECONDS = 10.0


class Supervisor:
    """Keeps jobs running until it is stopped; one that fails does not touch the others.

    The pause before another start doubles up to 5 s, and is short again after 30 s without failure.
    """

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing: dict[str, str] = {}
        self._last: dict[type[Exception], tuple[float, str]] = {}

    @property
    def failing(self) -> Mapping[str, str]:
        """The jobs that are waiting to be started again, and why."""
        return dict(self._failing)

    def lately(self, kind: type[Exception], *, seconds: float = _LATELY_SECONDS) -> str | None:
        """How a job failed with this kind of error within the last seconds, in words; None where none did.

        A fault that lasts makes jobs fail again more often than that.
        """
        now = asyncio.get_running_loop().time()
        found = [text for each, (at, text) in self._last.items() if issubclass(each, kind) and now - at <= seconds]
        return found[0] if found else None

    def start(self, name: str, job: Job) -> None:
        """Keep this job running; one that returns has done its work and is not started again.

        Raises:
            ValueError: a job of this name is running.
        """
        present = self._tasks.get(name)
        if present is not None and not present.done():
            raise ValueError(f"the job {name} is running already")
        self._tasks[name] = asyncio.create_task(self._keep(name, job), name=name)

    async def stop(self, seconds: float = _STOP_SECONDS) -> bool:
        """Cancel every job and wait until all have ended, for so many seconds; whether they have."""
        tasks = {task for task in self._tasks.values() if not task.done()}
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if not tasks:
            return True
        _, left = await asyncio.wait(tasks, timeout=max(seconds, 0.0))
        if left:
            log.error("tasks did not end", tasks=sorted(task.get_name() for task in left))
        return not left

    async def _keep(self, name: str, job: Job) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await job()
            except Exception as error:
                if loop.time() - started > _STEADY_SECONDS:
                    pause = _FIRST_PAUSE
                self._failing[name] = f"{type(error).__name__}: {error}"
                self._last[type(error)] = (loop.time(), f"{name}: {error}")
                TASK_RESTARTS.labels(name).inc()
                # A fault that lasts is told in full once it has; what passes in a moment needs no stack.
                log.warning(
                    "task failed",
                    task=name,
                    error=str(error),
                    kind=type(error).__name__,
                    again_in=pause,
                    exc_info=pause >= _LONGEST_PAUSE,
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return
            self._failing.pop(name, None)


class BoundedTasks:
    """Single tasks beside the requests that began them: at most so many at once, and finished before the end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run it in the background; a failure is logged.

        Raises:
            Unavailable: too many run already; the work has not begun.
        """
        if len(self._tasks) >= self._most:
            work.close()
            raise Unavailable("Too much work is waiting. Try again shortly.")
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def drain(self, seconds: float) -> bool:
        """Wait until all have ended, then cancel what has not; whether all ended by themselves."""
        if not self._tasks:
            return True
        _, left = await asyncio.wait(set(self._tasks), timeout=max(seconds, 0.0))
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1.0)
        return not left

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task failed", task=task.get_name(), exc_info=error)
