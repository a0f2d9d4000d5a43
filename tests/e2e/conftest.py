import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.suite import Suite

STACKS = ["embedded", pytest.param("kafka+mongodb", marks=[pytest.mark.kafka, pytest.mark.mongo])]


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suites")


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that choose the stores and the stream."""
    quick = {"ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,0.3,0.3,0.3", "ATRIUM_LOG_LEVEL": "info"}
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
    running = Suite(directory / os.urandom(4).hex(), stack)
    await running.start()
    yield running
    await running.stop()
