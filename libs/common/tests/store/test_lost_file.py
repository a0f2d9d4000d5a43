"""A store whose file is away: nothing is acknowledged that only an unlinked file holds, and it comes back by itself."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from atrium_common.store.ports import StoreUnavailable
from atrium_common.store.sqlite import SqliteStore
from atrium_common.testing.conformance.event_log import one, proposal


def _moved(store: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for path in store.parent.glob(f"{store.name}*"):
        path.rename(to / path.name)


def _copied(store: Path, to: Path) -> None:
    to.mkdir(exist_ok=True)
    for path in store.parent.glob(f"{store.name}*"):
        shutil.copy2(path, to / path.name)
        path.unlink()


@pytest.mark.parametrize("put_back", [_moved, _copied])
async def test_a_file_that_is_away_takes_no_writes_and_goes_on_where_it_was_once_it_is_back(
    tmp_path: Path, put_back: Callable[[Path, Path], None]
) -> None:
    path, away = tmp_path / "store" / "s.db", tmp_path / "away"
    store = SqliteStore(path)
    await store.open([])
    await store.log.append(proposal(one("s/1", 0), command="c0"))
    _moved(path, away)
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await store.log.append(proposal(one("s/1", 1), command="c1"))
        with pytest.raises(StoreUnavailable):
            await store.ping()
        assert not path.exists()
    put_back(away / path.name, path.parent)
    await store.ping()
    await store.log.append(proposal(one("s/1", 1), command="c1"))
    assert [event.version for event in await store.log.read_stream("s/1")] == [1, 2]
    assert await store.log.tail() == 2
    await store.close()


async def test_a_file_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.mkdir()
    with pytest.raises(StoreUnavailable, match=f"^SQLite: {path}: "):
        await SqliteStore(path).open([])


async def test_a_file_of_another_user_is_named_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    path.mkdir()  # what root can't open either
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreUnavailable, match="this user may not read and write it"):
        await SqliteStore(path).open([])
