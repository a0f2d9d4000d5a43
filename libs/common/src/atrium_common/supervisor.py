"""Background tasks: named, started again after a failure, ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import structlog

from atrium_common.metrics import TASK_RESTARTS

log = structlog.get_logger("supervisor")

Job: TypeAlias = Callable[[], Awaitable[None]]
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 30.0


class Supervisor:
    """Keeps jobs running until it is stopped; one that fails does not touch the others."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing: dict[str, str] = {}

    @property
    def failing(self) -> Mapping[str, str]:
        """The jobs that are waiting to be started again, and why."""
        return self._failing

    def start(self, name: str, job: Job) -> None:
        """Keep this job running."""
        self._tasks[name] = asyncio.create_task(self._keep(name, job), name=name)

    async def stop(self) -> None:
        """Cancel every job and wait until all have ended."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, job: Job) -> None:
        pause = _FIRST_PAUSE
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            try:
                await job()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self._failing[name] = f"{type(error).__name__}: {error}"
                TASK_RESTARTS.labels(name).inc()
                if loop.time() - started > _STEADY_SECONDS:
                    pause = _FIRST_PAUSE
                log.warning("task failed", task=name, error=str(error), kind=type(error).__name__, again_in=pause,
                            exc_info=pause >= _LONGEST_PAUSE)  # fmt: skip
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return
            self._failing.pop(name, None)
