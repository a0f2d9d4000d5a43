"""What the command says when the machine, the terminal or a setting is not as it should be."""

import errno
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from typer.testing import CliRunner

from atrium_local.command import app
from atrium_local.data_directory import DataDirectory
from atrium_local.options import words

RUN = CliRunner()


def _command(
    *arguments: str, output: IO[bytes] | int = subprocess.PIPE, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "atrium_local", *arguments],
        stdout=output, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={**os.environ, **variables},
        check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_unicode_gets_its_words_all_the_same(encoding: str, data: Path) -> None:
    checked = _command("admin", "check", "--data-dir", str(data), PYTHONIOENCODING=encoding)
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert checked.stdout.count(b"? clean") == 4


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="wants /dev/full")
def test_an_output_that_takes_no_more_is_told_in_a_word(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        told = _command("admin", "secrets", output=full)
    assert told.returncode == 1
    assert told.stderr == b"atrium: No space left on device: make room, then try again\n"


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EACCES, "run this as the user"), (errno.ENOENT, "is the path right"), (errno.ENOSPC, "make room"),
     (errno.EROFS, "--data-dir")],
)  # fmt: skip
def test_what_the_system_refuses_is_told_with_its_file_and_what_to_do(number: int, advice: str) -> None:
    told = words(OSError(number, os.strerror(number), "/data/secrets"))
    assert told.startswith(f"/data/secrets: {os.strerror(number)}: ")
    assert advice in told


def test_a_file_that_a_command_may_not_read_is_told_in_a_word(data: Path) -> None:
    key = data / "operator-key"
    key.unlink()
    key.mkdir()  # root may read every file, but none that is a directory
    told = _command("demo", "--data-dir", str(data))
    assert told.returncode == 1
    assert told.stderr == f"atrium: {key}: Is a directory\n".encode()


@pytest.mark.parametrize("command", [["up"], ["config"], ["admin", "check"]])
def test_an_empty_data_directory_is_not_taken_for_the_one_at_hand(command: list[str], tmp_path: Path) -> None:
    for flags, variables in ((["--data-dir", ""], {}), ([], {"ATRIUM_DATA_DIR": ""})):
        told = RUN.invoke(app, [*command, *flags], env=variables)
        assert told.exit_code == 2
        assert "name a directory" in told.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("WEBHOOKS_RETRY_SCHEDULE", "x,y", "must be seconds of 0 or more, separated by commas, like 0,60,300"),
        ("WEBHOOKS_RETRY_SCHEDULE", "0,-5", "must be seconds of 0 or more, separated by commas, like 0,60,300"),
        ("WEBHOOKS_RETRY_SCHEDULE", "0,inf", "Input should be a finite number"),
        ("MONGODB_URL", "db.example.com", "it begins with mongodb:// or mongodb+srv://"),
        ("CORS_ORIGINS", "app.example.com", "'app.example.com' is no origin: use https://app.example.com"),
        ("CORS_ORIGINS", "https://app.example.com/", "'https://app.example.com/' is no origin"),
        ("RATE_LIMITS_FREE", "10", "'10' must be requests/burst"),
    ],
)
def test_a_setting_that_can_not_work_is_refused_with_what_it_should_be(
    name: str, value: str, advice: str, tmp_path: Path
) -> None:
    told = RUN.invoke(app, ["up"], env={f"ATRIUM_{name}": value})
    assert told.exit_code == 2
    assert told.stderr.startswith(f"atrium: ATRIUM_{name}: {advice}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "origins", ["https://app.example.com", "http://localhost:3000, https://a.example", "*", "null"]
)
def test_origins_as_browsers_name_them_are_taken(origins: str) -> None:
    shown = json.loads(RUN.invoke(app, ["config", "--json"], env={"ATRIUM_CORS_ORIGINS": origins}).stdout)
    assert shown["cors_origins"] == [part.strip() for part in origins.split(",")]


def test_stores_and_brokers_that_are_set_to_nothing_are_not_set() -> None:
    for name in ("mongodb_url", "kafka_bootstrap"):
        shown = json.loads(RUN.invoke(app, ["config", "--json"], env={f"ATRIUM_{name.upper()}": ""}).stdout)
        assert shown[name] is None


def test_config_shows_numbers_as_numbers() -> None:
    shown = json.loads(RUN.invoke(app, ["config", "--json"]).stdout)
    assert shown["webhooks_retry_schedule"] == [0, 60, 300, 1800, 7200, 86400]


def test_erasing_where_nobody_can_be_asked_says_how_to_say_yes(data: Path) -> None:
    told = _command("admin", "erase-user", "usr_1", "--data-dir", str(data))
    assert told.returncode == 2
    assert b"--yes" in told.stderr


def test_a_receiver_on_a_taken_port_says_what_to_give() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = _command("listen", "--port", str(taken.getsockname()[1]))
    assert told.returncode == 1
    assert told.stderr.endswith(b"it is taken: give another --port, 0 takes a free one\n")


@pytest.mark.parametrize("left", ["", "{half", "[]", '{"tenancy": "x", "webhooks": 70000}'])
def test_notes_of_a_run_that_a_full_disk_or_a_power_cut_left_are_made_anew(left: str, data: Path) -> None:
    (data / "run").mkdir(exist_ok=True)
    for name in ("ports.json", "settings.json"):
        (data / "run" / name).write_text(left)
    directory = DataDirectory(data)
    assert directory.known_ports() == {}
    made = directory.ports(("tenancy", "webhooks"))
    assert directory.known_ports() == made
    assert RUN.invoke(app, ["config", "--json", "--data-dir", str(data)]).exit_code == 0


@pytest.mark.parametrize(("name", "value"), [("LOG_FORMAT", "JSON"), ("LOG_LEVEL", "WARNING")])
def test_what_is_logged_may_be_said_in_capitals(name: str, value: str) -> None:
    shown = json.loads(RUN.invoke(app, ["config", "--json"], env={f"ATRIUM_{name}": value}).stdout)
    assert shown[name.lower()] == value.lower()
