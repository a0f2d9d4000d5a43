"""A backup put back: people erased since stay erased, and what is unfit is refused before anything is touched."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from atrium_common.ids import TimeOrderedIds
from atrium_common.settings import Settings
from atrium_local.command import app
from atrium_local.data_directory import DataDirectory
from atrium_local.operated import opened

IDS = TimeOrderedIds()


def told(directory: Path, *arguments: str) -> Result:
    """The command's answer about this data directory."""
    return CliRunner().invoke(app, ["admin", *arguments, "--data-dir", str(directory)])


def forget(directory: Path, *subjects: str) -> None:
    """As an erased person is forgotten."""

    async def run() -> None:
        keys = SecretStr(DataDirectory(directory).kept_secrets()["ATRIUM_SEALING_KEYS"])
        async with opened(Settings(data_dir=directory, sealing_keys=keys)) as stores:
            for subject in subjects:
                await stores["tenancy"].vault.forget(subject)

    asyncio.run(run())


def erased(directory: Path) -> list[str]:
    return list(json.loads(told(directory, "erasures", "--json").output))


def contents(directory: Path) -> dict[str, bytes]:
    """Every file, but for notes of what runs and what SQLite makes anew by itself."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not re.search(r"-shm$|-wal$|lock$|^run/", str(path.relative_to(directory)))
    }


@pytest.fixture
def backup(data: Path, tmp_path: Path) -> Path:
    target = tmp_path / "backup"
    assert told(data, "backup", str(target)).exit_code == 0
    return target


@pytest.mark.parametrize("flags", [(), ("--json",)], ids=["text", "json"])
def test_restore_erases_again_whom_the_list_of_erasures_names_in_both_its_forms(
    data: Path, backup: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    person = IDS.new("usr")
    forget(data, person)
    (tmp_path / "erased").write_text(told(data, "erasures", *flags).output)
    done = told(tmp_path / "fresh", "restore", str(backup), "--erasures", str(tmp_path / "erased"), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["erased_again"] == [person]
    assert erased(tmp_path / "fresh") == [person]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"{IDS.new('usr')}\n\nZoe\n", "line 3"),
        (f"{IDS.new('usr')}x", "line 1"),
        (json.dumps([IDS.new("usr"), "usr_"]), "entry 2"),
        (json.dumps([3]), "entry 1"),
        ('["usr_', "JSON"),
        ("{}", "no list"),
        (None, "can't be read"),
    ],
    ids=["a name", "too long", "too short", "a number", "half", "an object", "missing"],
)
def test_a_list_of_erasures_that_holds_anything_else_is_refused_before_anything_is_touched(
    data: Path, backup: Path, tmp_path: Path, text: str | None, where: str
) -> None:
    if text is not None:
        (tmp_path / "erased").write_text(text)
    before = contents(data)
    done = told(data, "restore", str(backup), "--erasures", str(tmp_path / "erased"))
    assert done.exit_code == 1
    assert str(tmp_path / "erased") in done.stderr
    assert where in done.stderr
    assert contents(data) == before


def test_a_list_of_nobody_erased_is_empty(data: Path) -> None:
    assert told(data, "erasures").output == ""
    assert erased(data) == []
