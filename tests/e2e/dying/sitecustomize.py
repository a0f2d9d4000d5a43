"""Lets a test have a process of the suite die, as by `kill -9`, at a step of its work that the test names.

Python imports this at the start of every process whose PYTHONPATH has this folder; no product code knows of it. A
process dies at a step once, when the file of that name is in `ATRIUM_TEST_DYING`; the file goes with it.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

# By module and method: the steps before and after it, and whether a call is one that the test means.
_GATEWAY = "atrium_gateway."
STEPS: dict[str, dict[str, tuple[str, str, Callable[..., bool]]]] = {
    f"{_GATEWAY}idempotency.replays": {
        "StoredReplays.begin": ("gateway-before-claim", "gateway-after-claim", lambda *_: True),
        "StoredReplays.save": ("gateway-before-save", "gateway-after-save", lambda *_: True),
    },
    f"{_GATEWAY}forwarding": {
        "Forwarding.send": (
            "gateway-before-forwarding",
            "gateway-after-forwarding",
            lambda _, __, request: b"X-Command-ID" in request.lines,
        ),
    },
    "atrium_common.eventing.repository": {
        "Repository.transact": (
            "tenancy-before-command",
            "tenancy-after-command",
            lambda _, command, __: command.id.startswith("cmd_"),
        ),
    },
    "atrium_common.store.sqlite.log": {
        "SqliteEventLog.append": (
            "tenancy-before-commit",
            "tenancy-after-commit",
            lambda _, proposal: proposal.command_id.startswith("cmd_"),
        ),
    },
}


def _perhaps_die(step: str) -> None:
    armed = Path(os.environ["ATRIUM_TEST_DYING"]) / step
    try:
        armed.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal(module: ModuleType) -> None:
    for name, (before, after, is_meant) in STEPS[module.__name__].items():
        owner, method = name.split(".")
        original = getattr(getattr(module, owner), method)

        def steps(original: Any = original, before: str = before, after: str = after, is_meant: Any = is_meant) -> Any:
            @functools.wraps(original)
            async def step(*given: Any, **named: Any) -> Any:
                meant = is_meant(*given)
                if meant:
                    _perhaps_die(before)
                outcome = await original(*given, **named)
                if meant:
                    _perhaps_die(after)
                return outcome

            return step

        setattr(getattr(module, owner), method, steps())


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of the steps as everybody does, and makes them mortal as soon as they are loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in STEPS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def loaded(module: ModuleType) -> None:
                load(module)
                _mortal(module)

            spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


if "ATRIUM_TEST_DYING" in os.environ:
    sys.meta_path.insert(0, _Finder())
