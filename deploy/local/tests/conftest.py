"""What tests of the command share: an environment that says nothing, and a data directory with all its stores."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory
from atrium_local.migration import migrated


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory, and an environment that says nothing and is as it was when the test has ended."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("ATRIUM_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as a suite that was ended leaves it."""
    directory = DataDirectory(tmp_path / "data")
    directory.secrets()
    asyncio.run(migrated(Settings(data_dir=directory.path)))
    directory.write_operator_key("key_of_the_operator")
    return directory.path
