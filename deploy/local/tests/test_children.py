"""Child processes of the command: heard to the last line, and started again whatever ended them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from atrium_local.children import CannotStart, Child, Children


@asynccontextmanager
async def kept(*command: str) -> AsyncIterator[list[str]]:
    """What is said while the child is kept running."""
    said: list[str] = []
    children = Children(started=lambda _, __: None, say=lambda name, line: said.append(f"{name}: {line}"))
    children.start(Child("child", command, {}))
    try:
        async with asyncio.timeout(20):
            yield said
    finally:
        await children.stop(seconds=5)


async def until(said: list[str], *wanted: str) -> None:
    while not all(any(each in line for line in said) for each in wanted):
        await asyncio.sleep(0.01)


async def test_a_child_that_says_a_line_without_end_is_heard_and_not_held_up() -> None:
    story = "import time; print('x' * 3_000_000, flush=True); print('and then', flush=True); time.sleep(60)"
    async with kept(sys.executable, "-c", story) as said:
        await until(said, "child: and then")
    assert sum(line.count("x") for line in said) == 3_000_000


async def test_a_child_that_ends_is_started_again_and_its_last_words_are_heard() -> None:
    async with kept(sys.executable, "-c", "print('no end of line', end='')") as said:
        await until(said, "child ended with 0; starting it again in 0.2 s")
    assert said.count("child: no end of line") >= 2


async def test_a_child_that_could_not_be_started_is_started_as_soon_as_it_can_be(tmp_path: Path) -> None:
    program = tmp_path / "program"
    async with kept(str(program)) as said:
        await until(said, "child could not be started")
        unfinished = tmp_path / "unfinished"
        unfinished.write_text(f"#!{sys.executable}\nimport time; print('here', flush=True); time.sleep(60)\n")
        unfinished.chmod(0o755)
        unfinished.rename(program)
        await until(said, "child: here")


UNFIT = "import sys; from atrium_common.parent import tell_unfit; tell_unfit('no such user'); print('bye'); sys.exit(1)"


async def test_a_child_that_can_never_work_as_it_is_set_is_not_started_for_ever_and_its_reason_is_told() -> None:
    said: list[str] = []
    children = Children(started=lambda _, __: None, say=lambda _, line: said.append(line))
    children.start(Child("gateway", [sys.executable, "-c", UNFIT], {}))
    try:
        async with asyncio.timeout(20):
            with pytest.raises(CannotStart, match="gateway can't start: no such user"):
                await children.refusal()
    finally:
        await children.stop(seconds=5)
    assert said == ["bye"]


@pytest.mark.parametrize("code", [1, 2])
async def test_a_child_that_crashes_before_it_is_ready_is_started_again_whatever_it_said_last(code: int) -> None:
    story = f"import sys; print('atrium: it can not start, reason=this'); sys.exit({code})"
    async with kept(sys.executable, "-c", story) as said:
        await until(said, f"child ended with {code}; starting it again in 0.2 s")


async def test_a_child_that_has_been_ready_is_started_again_whatever_ends_it() -> None:
    said: list[str] = []
    children = Children(started=lambda _, __: None, say=lambda _, line: said.append(line))
    children.prove("child")
    children.start(Child("child", [sys.executable, "-c", UNFIT], {}))
    try:
        async with asyncio.timeout(20):
            await until(said, "child ended with 1; starting it again in 0.2 s")
    finally:
        await children.stop(seconds=5)
