import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.e2e.suite import Platform, Suite

STACKS = {"embedded": [], "kafka+mongodb": [pytest.mark.kafka, pytest.mark.mongo]}


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suites")


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that choose the stores and the stream."""
    quick = {
        "ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,0.3,0.3,0.3",
        "ATRIUM_LOG_LEVEL": "info",
        # All tests come from one address, and many of them without a good key.
        "ATRIUM_UNAUTHENTICATED_PER_MINUTE": "100000",
    }
    if request.param == "embedded":
        return quick
    name = os.urandom(4).hex()
    return {
        **quick,
        "ATRIUM_MONGODB_URL": request.getfixturevalue("mongodb_url"),
        "ATRIUM_MONGODB_PREFIX": f"e2e_{name}_",
        "ATRIUM_KAFKA_BOOTSTRAP": request.getfixturevalue("kafka_bootstrap"),
        "ATRIUM_KAFKA_PREFIX": f"e2e.{name}.",
        "ATRIUM_KAFKA_PARTITIONS": "3",
    }


class Kept:
    """A suite of each stack, started when it is first wanted and ended once for all."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._suites: dict[str, Suite] = {}

    @asynccontextmanager
    async def running(self, stack: dict[str, str]) -> AsyncIterator[Suite]:
        """The one of this stack, whole again whatever was killed in it before."""
        name = "kafka+mongodb" if "ATRIUM_KAFKA_BOOTSTRAP" in stack else "embedded"
        suite = self._suites.setdefault(name, Suite(self._directory / name, stack))
        if not suite.is_running:
            suite.start()
        async with suite:
            await suite.healthy()
            yield suite

    def end(self) -> None:
        """End all of them; one that is wanted again is started again."""
        for suite in self._suites.values():
            suite.stop()


def kept(directories: pytest.TempPathFactory, name: str) -> Iterator[Kept]:
    """What a fixture of several tests yields: suites that they share."""
    suites = Kept(directories.mktemp(name))
    yield suites
    suites.end()


@pytest.fixture(scope="package")
def _killed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    yield from kept(tmp_path_factory, "killed")


@pytest.fixture(scope="package")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    yield from kept(tmp_path_factory, "shared")


@pytest.fixture
async def suite(stack: dict[str, str], _killed: Kept) -> AsyncIterator[Suite]:
    """The suite of its stack that tests may kill, stop and restart as they like, each with a tenant of its own."""
    async with _killed.running(stack) as running:
        yield running


@pytest.fixture
async def platform(stack: dict[str, str], _killed: Kept, _shared: Kept) -> AsyncIterator[Platform]:
    """The one suite of its stack that all such tests share: leave it running, and use a tenant of your own."""
    _killed.end()  # its tests are over, and idle processes take their part of the machine
    async with _shared.running(stack) as running:
        yield running


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What asks for a stack runs on both; its id says on which, and whose suite it uses."""
    given = any(mark.args[0] == "stack" for mark in metafunc.definition.iter_markers("parametrize"))
    if "stack" in metafunc.fixturenames and not given:
        suffix = ("-own", "-killed", "")[_turn(metafunc.fixturenames)]
        stacks = [pytest.param(stack, marks=marks, id=stack + suffix) for stack, marks in STACKS.items()]
        metafunc.parametrize("stack", stacks, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what has suites of its own, then what kills one, then what shares one."""
    places = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ours = sorted((items[place] for place in places), key=lambda item: _turn(getattr(item, "fixturenames", ())))
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def _turn(fixtures: Sequence[str]) -> int:
    return 2 if "_shared" in fixtures else 1 if "_killed" in fixtures else 0
