import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdks.tests.languages import SDKS
from tests.e2e.suite import Suite


@pytest.fixture(scope="session")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A whole suite, as `atrium up` runs it."""
    running = Suite(tmp_path_factory.mktemp("suites") / "sdks", {"ATRIUM_WEBHOOKS_RETRY_SCHEDULE": "0,0.3,0.3"})
    running.start()
    yield running
    running.stop()


@pytest.fixture
def front(suite: Suite) -> Iterator[str]:
    """The URL of a scriptable server in front of it."""
    command = [sys.executable, "-m", "sdks.conformance.server", suite.base]
    root: Path = SDKS.parent
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(10)
