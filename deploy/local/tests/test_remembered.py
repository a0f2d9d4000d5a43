"""A directory of which a part is lost is refused with advice, never taken for a new one."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from atrium_common.settings import Settings
from atrium_local.command import app
from atrium_local.data_directory import DataDirectory, new_secrets
from atrium_local.migration import migrated
from atrium_local.ports import free_port
from atrium_local.remembered import PartLost, refuse_lost_parts, remember

MONGODB = "mongodb://127.0.0.1:1/"


def told(directory: Path, *command: str) -> Result:
    return CliRunner().invoke(app, [*command, "--data-dir", str(directory)])


@pytest.fixture(params=[True, False], ids=["remembered", "of an earlier version"])
def used(request: pytest.FixtureRequest, data: Path) -> Path:
    """The data directory of a suite that has been ready once."""
    if request.param:
        remember(data, Settings(data_dir=data), DataDirectory(data).kept_secrets())
    return data


def _no_secrets(directory: Path, _: pytest.MonkeyPatch) -> str:
    (directory / "secrets").unlink()
    return "secrets"


def _no_tenancy(directory: Path, _: pytest.MonkeyPatch) -> str:
    (directory / "tenancy.db").unlink()
    return "tenancy.db"


def _mongodb(_: Path, environment: pytest.MonkeyPatch) -> str:
    environment.setenv("ATRIUM_MONGODB_URL", MONGODB)
    return "ATRIUM_MONGODB_URL"


def _cut_off_by_an_earlier_version(directory: Path, _: pytest.MonkeyPatch) -> str:
    (directory / "replaced-20260101T000000Z").mkdir()
    for path in [*directory.glob("*.db"), directory / "secrets", directory / "operator-key"]:
        path.rename(directory / "replaced-20260101T000000Z" / path.name)
    return "replaced-"


@pytest.mark.parametrize("lose", [_no_secrets, _no_tenancy, _mongodb, _cut_off_by_an_earlier_version])
def test_a_directory_of_which_a_part_is_lost_is_refused_by_up_and_by_every_command_and_nothing_is_made(
    used: Path, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Path, pytest.MonkeyPatch], str]
) -> None:
    named = lose(used, monkeypatch)
    stores = sorted(path.name for path in used.glob("*.db"))
    for command in (
        ["up", "--port", str(free_port())],
        ["admin", "check"],
        ["gateway"],
        ["migrate"],
        ["events", "tail"],
    ):
        done = told(used, *command)
        assert done.exit_code == 1, command
        assert named in done.stderr
        assert sorted(path.name for path in used.glob("*.db")) == stores


def test_a_directory_whose_stores_are_in_mongodb_is_not_started_on_sqlite(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    keys = directory.secrets()
    directory.write_operator_key("key_1")  # as earlier versions left it
    for _ in range(2):
        done = told(directory.path, "up", "--port", str(free_port()))
        assert done.exit_code == 1
        assert "ATRIUM_MONGODB_URL" in done.stderr
        remember(directory.path, Settings(data_dir=directory.path, mongodb_url=MONGODB), keys)


@pytest.mark.parametrize("mongodb", [None, MONGODB], ids=["SQLite", "MongoDB"])
def test_a_directory_used_with_kafka_is_refused_without_it_by_up_and_by_every_command(
    data: Path, monkeypatch: pytest.MonkeyPatch, mongodb: str | None
) -> None:
    settings = Settings(data_dir=data, kafka_bootstrap="127.0.0.1:1", mongodb_url=mongodb)
    remember(data, settings, DataDirectory(data).kept_secrets())
    if mongodb is not None:
        monkeypatch.setenv("ATRIUM_MONGODB_URL", mongodb)
    for command in (["up", "--port", str(free_port())], ["gateway"], ["webhooks"], ["admin", "check"]):
        done = told(data, *command)
        assert done.exit_code == 1, command
        assert "ATRIUM_KAFKA_BOOTSTRAP is not set: set it" in " ".join(done.stderr.split())
    refuse_lost_parts(data, settings)


def test_a_directory_used_without_kafka_or_by_a_version_that_did_not_note_it_may_be_used_with_it(data: Path) -> None:
    with_kafka, without = Settings(data_dir=data, kafka_bootstrap="127.0.0.1:1"), Settings(data_dir=data)
    remember(data, without, DataDirectory(data).kept_secrets())
    refuse_lost_parts(data, with_kafka)
    record = json.loads((data / "installation.json").read_text())
    record.pop("stream")
    (data / "installation.json").write_text(json.dumps(record))
    for settings in (with_kafka, without):
        refuse_lost_parts(data, settings)


@pytest.mark.parametrize("name", ["ATRIUM_SEALING_KEYS", "ATRIUM_LOOKUP_KEY"])
def test_other_keys_than_those_that_were_used_are_refused_by_the_name_of_their_setting_and_not_shown(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    remember(data, Settings(data_dir=data), DataDirectory(data).kept_secrets())
    other = new_secrets()[name]
    monkeypatch.setenv(name, other)
    done = told(data, "admin", "check")
    assert done.exit_code == 1
    assert name in done.stderr
    assert other not in done.stderr
    monkeypatch.setenv(name, DataDirectory(data).kept_secrets()[name])
    assert told(data, "admin", "check").exit_code == 0


def test_a_new_sealing_key_before_the_old_one_is_taken_and_the_old_one_can_go_then(data: Path) -> None:
    old = DataDirectory(data).kept_secrets()
    settings = Settings(data_dir=data)
    remember(data, settings, old)
    new = new_secrets()["ATRIUM_SEALING_KEYS"].replace("k1", "k2")
    both = {**old, "ATRIUM_SEALING_KEYS": f"{new},{old['ATRIUM_SEALING_KEYS']}"}
    alone = {**old, "ATRIUM_SEALING_KEYS": new}
    for keys in (both, alone):
        DataDirectory(data).write_secrets(keys)
        refuse_lost_parts(data, settings)
        remember(data, settings, keys)
    DataDirectory(data).write_secrets(old)
    with pytest.raises(PartLost, match="ATRIUM_SEALING_KEYS"):
        refuse_lost_parts(data, settings)


def test_rotating_the_sealing_key_and_restoring_leave_a_directory_that_starts(data: Path, tmp_path: Path) -> None:
    remember(data, Settings(data_dir=data), DataDirectory(data).kept_secrets())
    assert told(data, "admin", "backup", str(tmp_path / "backup")).exit_code == 0
    assert told(data, "admin", "rotate-sealing-key", "--drop-old").exit_code == 0
    assert told(data, "admin", "check").exit_code == 0
    for target in (data, tmp_path / "fresh"):
        assert told(target, "admin", "restore", str(tmp_path / "backup")).exit_code == 0
        assert told(target, "admin", "check").exit_code == 0
        assert not set(DataDirectory(target).kept_secrets().values()) & set((target / "installation.json").read_text())


def test_a_first_start_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path / "data")
    refuse_lost_parts(directory.path, Settings(data_dir=directory.path))
    directory.secrets()
    asyncio.run(migrated(Settings(data_dir=directory.path)))
    (directory.path / "webhooks.db").unlink()
    refuse_lost_parts(directory.path, Settings(data_dir=directory.path))


def test_secrets_that_are_all_in_the_environment_need_no_file(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in DataDirectory(used).kept_secrets().items():
        monkeypatch.setenv(name, value)
    (used / "secrets").unlink()
    refuse_lost_parts(used, Settings(data_dir=used))


def test_a_gateway_that_joins_refuses_a_directory_that_is_none_and_makes_nothing(tmp_path: Path) -> None:
    done = told(tmp_path / "typo", "gateway")
    assert done.exit_code == 1
    assert "is no data directory" in done.stderr
    assert not (tmp_path / "typo").exists()


def test_migrate_says_that_it_begins_a_new_installation_and_can_be_repeated(tmp_path: Path) -> None:
    first, again = told(tmp_path / "new", "migrate"), told(tmp_path / "new", "migrate")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "a new installation begins there" in " ".join(first.stderr.split())
    assert "a new installation" not in again.stderr


def test_migrate_makes_the_stores_of_a_new_directory_whose_keys_the_settings_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in new_secrets().items():
        monkeypatch.setenv(name, value)
    assert told(tmp_path / "new", "migrate").exit_code == 0
    assert (tmp_path / "new" / "tenancy.db").exists()
