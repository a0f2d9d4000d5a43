import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.suite import Platform, Suite

STACKS = ["embedded", pytest.param("kafka+mongodb", marks=[pytest.mark.kafka, pytest.mark.mongo])]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suites")


@pytest.fixture(params=STACKS)
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


@pytest.fixture
async def suite(stack: dict[str, str], directory: Path) -> AsyncIterator[Suite]:
    """A suite of the test's own, which it may kill and restart."""
    running = Suite(directory / os.urandom(4).hex(), stack)
    running.start()
    async with running:
        yield running
    running.stop()


@pytest.fixture(scope="package")
def _shared() -> Iterator[dict[str, Suite]]:
    running: dict[str, Suite] = {}
    yield running
    for each in running.values():
        each.stop()


@pytest.fixture
async def platform(stack: dict[str, str], directory: Path, _shared: dict[str, Suite]) -> AsyncIterator[Platform]:
    """The one suite of its stack that all such tests share: leave it running, and use a tenant of your own."""
    name = "kafka+mongodb" if "ATRIUM_KAFKA_BOOTSTRAP" in stack else "embedded"
    if name not in _shared:
        started = Suite(directory / f"shared-{name}", stack)
        started.start()
        _shared[name] = started
    async with Platform(_shared[name].directory, _shared[name].port, _shared[name].environment) as reached:
        yield reached
