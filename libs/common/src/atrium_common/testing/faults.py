"""Dying at a chosen moment: every call to a port is a place at which a process can be killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

P = TypeVar("P")


class Killed(BaseException):
    """The process died here; nothing may catch it."""


class Fuse:
    """Burns at the k-th call to any port that it guards: at 2k before the call's effect, at 2k + 1 after it."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.passed = 0

    def step(self) -> None:
        """One more place at which to die.

        Raises:
            Killed: this is the place.
        """
        self.passed += 1
        if self.passed == self.at:
            raise Killed

    def guard(self, port: P) -> P:
        """The port, with a place to die before and after each of its asynchronous calls."""
        return cast("P", _Guarded(port, self))


class _Guarded:
    def __init__(self, port: object, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name: str) -> object:
        member = getattr(self._port, name)
        if name in {"log", "documents"}:
            return _Guarded(member, self._fuse)
        return self._called(member) if callable(member) else member

    def _called(self, call: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
        async def run(*arguments: object, **named: object) -> object:
            self._fuse.step()
            answer = await call(*arguments, **named)
            self._fuse.step()
            return answer

        return run
