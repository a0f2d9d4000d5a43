"""A backup put back: people erased since stay erased, and what is unfit is refused before anything is touched."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from atrium_common.ids import TimeOrderedIds
from atrium_common.settings import Settings
from atrium_local.command import app
from atrium_local.data_directory import DataDirectory
from atrium_local.operated import opened
from atrium_local.ports import free_port

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


def _drop(backup: Path) -> str:
    (backup / "tenancy.db").unlink()
    return "tenancy.db"


def _cut(backup: Path) -> str:
    path = backup / "webhooks.db"
    path.write_bytes(path.read_bytes()[:9000])
    return "webhooks.db"


def _empty(backup: Path) -> str:
    (backup / "gateway.db").write_bytes(b"")
    return "gateway.db"


def _later(backup: Path) -> str:
    _change(backup, format=9)
    return "format 9"


def _unnamed(backup: Path) -> str:
    _change(backup, files=["secrets"])
    return "backup.json"


def _elsewhere(backup: Path) -> str:
    _change(backup, files=["secrets", "../data/tenancy.db"])
    return "backup.json"


def _no_manifest(backup: Path) -> str:
    (backup / "backup.json").write_text("{")
    return "backup.json"


def _no_secrets(backup: Path) -> str:
    (backup / "secrets").unlink()
    return "secrets"


def _half_the_secrets(backup: Path) -> str:
    text = (backup / "secrets").read_text()
    (backup / "secrets").write_text(text[: text.index("ATRIUM_LOOKUP_KEY")])
    return "secrets"


def _a_short_key(backup: Path) -> str:
    (backup / "secrets").write_text((backup / "secrets").read_text().replace("k1:", "k1:AAAA"))
    return "secrets"


def _change(backup: Path, **changes: object) -> None:
    manifest = json.loads((backup / "backup.json").read_text())
    (backup / "backup.json").write_text(json.dumps(manifest | changes))


@pytest.mark.parametrize(
    "damage",
    [_drop, _cut, _empty, _later, _unnamed, _elsewhere, _no_manifest, _no_secrets, _half_the_secrets, _a_short_key],
)
def test_a_backup_that_is_not_whole_is_refused_by_the_name_of_its_file_and_nothing_is_changed(
    data: Path, backup: Path, damage: Callable[[Path], str]
) -> None:
    key = DataDirectory(backup).kept_secrets()["ATRIUM_SEALING_KEYS"].partition(":")[2]
    named = damage(backup)
    before = contents(data)
    done = told(data, "restore", str(backup))
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert named in done.stderr
    assert "othing was changed" in done.stderr
    assert key not in done.stderr
    assert contents(data) == before
    assert not list(data.glob("re*"))


def test_a_restore_leaves_the_backup_as_it_was_and_what_was_there_aside(data: Path, backup: Path) -> None:
    before = sorted(path.name for path in backup.iterdir())
    (data / "restoring-4194305").mkdir()  # of a restore that was killed
    done = told(data, "restore", str(backup), "--json")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in backup.iterdir()) == before
    assert not list(data.glob("restoring-*"))
    assert {"tenancy.db", "secrets", "operator-key"} <= {path.name for path in data.glob("replaced-*/*")}
    assert json.loads(done.output)["replaced"] == str(next(data.glob("replaced-*")))
    assert told(data, "check").exit_code == 0


def test_people_are_erased_again_though_the_secrets_of_what_is_replaced_are_lost(data: Path, backup: Path) -> None:
    person = IDS.new("usr")
    forget(data, person)
    (data / "secrets").unlink()
    assert told(data, "restore", str(backup)).exit_code == 0
    assert erased(data) == [person]


@pytest.mark.parametrize("moves", range(8))
def test_a_restore_that_was_killed_between_moving_aside_and_moving_in_is_carried_through_by_the_next_command(
    data: Path, tmp_path: Path, moves: int
) -> None:
    staged = data / "restoring-1"
    staged.mkdir()
    there = ["gateway.db", "secrets", "tenancy.db"]
    for name in there:
        shutil.copy2(data / name, staged / name)
        (data / name).write_text("of before")
    exchange = f"""
import os, pathlib, sys
from atrium_local import exchange
real, moves = pathlib.Path.rename, iter(range({moves}))
def rename(path, target):
    next(moves, None) is None and os._exit(9)
    return real(path, target)
pathlib.Path.rename = rename
exchange.exchange(pathlib.Path({str(data)!r}), pathlib.Path({str(staged)!r}), {there})
"""
    killed = subprocess.run([sys.executable, "-c", exchange], check=False)
    assert killed.returncode == (9 if moves < 7 else 0)
    done = told(data, "erasures")
    if moves:
        assert done.exit_code == 0, done.output
        assert {path.name for path in data.glob("replaced-*/*")} == set(there)
        assert {path.read_text() for path in data.glob("replaced-*/*")} == {"of before"}
        assert not list(data.glob("rest*"))
    else:  # before anything had been moved: what was there is there
        assert {(data / name).read_text() for name in there} == {"of before"}


@pytest.mark.parametrize("others", [["locked"], ["shared"]], ids=["up", "a process"])
def test_restore_is_refused_while_anything_runs_on_the_directory(data: Path, backup: Path, others: list[str]) -> None:
    for other in others:
        with getattr(DataDirectory(data), other)():
            before = contents(data)
            done = told(data, "restore", str(backup))
            assert done.exit_code == 1
            assert "in use" in done.stderr
            assert contents(data) == before
            assert told(data, "check").exit_code == 0
            assert told(data, "backup", str(backup.with_name(f"{other} too"))).exit_code == 0
    assert told(data, "restore", str(backup)).exit_code == 0


def test_nothing_starts_on_a_directory_that_is_being_restored(data: Path) -> None:
    with DataDirectory(data).alone():
        for command in (["gateway"], ["tenancy"], ["admin", "check"], ["up", "--port", str(free_port())]):
            done = CliRunner().invoke(app, [*command, "--data-dir", str(data)])
            assert done.exit_code == 1
            assert "in use" in done.stderr


def test_a_single_process_holds_the_directory_as_long_as_it_runs(data: Path, backup: Path) -> None:
    script = (
        "from atrium_common.settings import Settings; from atrium_local.options import prepared\n"
        f"prepared(Settings, data_dir={str(data)!r}); print(flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        done = told(data, "restore", str(backup))
        process.kill()
    assert done.exit_code == 1
    assert "in use" in done.stderr
    assert told(data, "restore", str(backup)).exit_code == 0


@pytest.mark.parametrize("target", ["inside", "a/b", "../data/inside", "."])
def test_a_backup_inside_the_data_directory_is_refused(data: Path, target: str) -> None:
    before = contents(data)
    done = told(data, "backup", str(data / target))
    assert done.exit_code == 1
    assert "inside" in done.stderr
    assert contents(data) == before


def test_a_backup_removes_what_one_that_was_killed_has_left(data: Path, tmp_path: Path) -> None:
    left, running = tmp_path / "b.4194305.unfinished", tmp_path / f"b.{os.getppid()}.unfinished"
    left.mkdir()
    running.mkdir()
    assert told(data, "backup", str(tmp_path / "b")).exit_code == 0
    assert not left.exists()
    assert running.exists()
