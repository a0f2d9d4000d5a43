import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def scripted() -> Iterator[str]:
    """The URL of the scriptable server."""
    command = [sys.executable, "-m", "sdks.conformance.server"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(10)


@pytest.fixture
def control(scripted: str) -> Iterator[httpx.Client]:
    """A way to tell it what to answer, and to ask what came."""
    with httpx.Client(base_url=scripted) as client:
        yield client
