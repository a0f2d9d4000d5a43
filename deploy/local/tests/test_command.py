"""The command's manners: help everywhere, exit codes, and where settings come from."""

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest
import typer
from typer.testing import CliRunner

from atrium_common.settings import MASK
from atrium_local.children import this_command
from atrium_local.command import app
from atrium_local.data_directory import DataDirectory, new_secrets
from atrium_local.installation import FORMATS, installation_secrets
from atrium_local.suite import SERVICES, Options, Suite
from atrium_webhooks.settings import WebhooksSettings

RUN = CliRunner()


def _commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, command in getattr(group, "commands", {}).items():
        yield from _commands(command, (*path, name))


EVERY = list(_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "atrium")
def test_every_command_has_help_that_says_what_it_does(path: tuple[str, ...]) -> None:
    told = RUN.invoke(app, [*path, "--help"])
    assert told.exit_code == 0
    assert "Usage" in told.output
    assert len(told.output.splitlines()) > 5


@pytest.mark.parametrize(
    "wrong",
    [["nothing"], ["up", "--port", "high"], ["up", "--port", "70000"], ["up", "--workers", "0"],
     ["admin", "keys", "create"], ["admin", "backup"], ["events"], ["listen", "--nothing"]],
)  # fmt: skip
def test_wrong_usage_ends_with_2(wrong: list[str]) -> None:
    assert RUN.invoke(app, wrong).exit_code == 2


def test_version_is_that_of_the_package() -> None:
    told = RUN.invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"atrium {version('atrium-local')}\n")


@pytest.mark.parametrize(
    "command",
    [["admin", "check"], ["events", "tail"], ["deliveries", "tail"], ["admin", "dead-letters", "list"], ["demo"],
     ["admin", "backup", "b"], ["admin", "rebuild"], ["admin", "keys", "revoke", "key_1"]],
)  # fmt: skip
def test_what_needs_a_data_directory_fails_with_a_word_where_there_is_none(command: list[str], tmp_path: Path) -> None:
    done = RUN.invoke(app, command)
    assert done.exit_code == 1
    assert "atrium up" in done.stderr or "ATRIUM_API_KEY" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_malformed_setting_ends_with_2_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_LOG_LEVEL", "loud")
    done = RUN.invoke(app, ["config"])
    assert done.exit_code == 2
    assert "ATRIUM_LOG_LEVEL" in done.stderr


def test_flags_go_before_variables_before_env_file_before_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown(*flags: str) -> object:
        return json.loads(RUN.invoke(app, ["config", "--json", *flags]).output)["data_dir"]

    assert shown() == ".atrium"
    (tmp_path / "atrium.toml").write_text('data_dir = "from-toml"\nwebhooks_timeout = 3.5\n')
    assert shown() == "from-toml"
    (tmp_path / ".env").write_text("ATRIUM_DATA_DIR=from-env-file\n")
    assert shown() == "from-env-file"
    monkeypatch.setenv("ATRIUM_DATA_DIR", "from-variable")
    assert shown() == "from-variable"
    assert shown("--data-dir", "from-flag") == "from-flag"
    assert json.loads(RUN.invoke(app, ["config", "--json"]).output)["webhooks_timeout"] == 3.5


def test_a_malformed_part_of_a_list_is_told_by_the_settings_own_name() -> None:
    done = RUN.invoke(app, ["webhooks", "--role", "foo"])
    assert done.exit_code == 2
    assert "ATRIUM_ROLE: Input should be 'api' or 'worker'" in done.stderr


def test_a_data_directory_that_is_a_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = RUN.invoke(app, ["up", "--data-dir", "file"])
    assert done.exit_code == 2
    assert "--data-dir" in done.stderr


def test_a_malformed_file_of_settings_ends_with_2_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "atrium.toml").write_text("log_level = [")
    done = RUN.invoke(app, ["config"])
    assert done.exit_code == 2
    assert "atrium.toml" in done.stderr


@pytest.mark.parametrize("name", ["ATRIUM_TRUSTED_PROXIES", "ATRIUM_RATE_LIMITS_PRO", "ATRIUM_WEBHOOKS_TIMEOUT"])
def test_up_refuses_a_setting_that_any_service_could_not_start_with(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "bogus")
    done = RUN.invoke(app, ["up"])
    assert done.exit_code == 2
    assert name in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["ATRIUM_SEALING_KEYS", "ATRIUM_PRINCIPAL_KEYS"])
def test_up_refuses_keys_that_are_none_before_anything_starts_and_repeats_nothing_of_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "c3dvcmRmaXNo")
    done = RUN.invoke(app, ["up"])
    assert done.exit_code == 2
    assert name in done.stderr
    assert "c3dvcmRmaXNo" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("ATRIUM_TLS_CERT_FILE", {"ATRIUM_TLS_KEY_FILE": "missing.pem"}),
        ("ATRIUM_SERVICES_CA_FILE", {}),
        ("ATRIUM_WEBHOOKS_CA_BUNDLE", {}),
        ("ATRIUM_KAFKA_CA_FILE", {"ATRIUM_KAFKA_BOOTSTRAP": "127.0.0.1:1"}),
        ("ATRIUM_MONGODB_CA_FILE", {"ATRIUM_MONGODB_URL": "mongodb://127.0.0.1:1"}),
    ],
)
def test_up_refuses_files_that_can_not_be_used_before_anything_starts(
    name: str, also: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each, value in {name: "missing.pem", **also}.items():
        monkeypatch.setenv(each, value)
    done = RUN.invoke(app, ["up"])
    assert done.exit_code == 1
    assert name in done.stderr
    assert "missing.pem can't be read" in done.stderr
    assert not list(tmp_path.iterdir())


def test_up_refuses_traces_that_nothing_can_record_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.setenv("ATRIUM_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    done = RUN.invoke(app, ["up"])
    assert done.exit_code == 1
    assert "ATRIUM_OTLP_ENDPOINT" in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_format_of_logs_in_an_env_file_holds_for_what_up_starts(tmp_path: Path) -> None:
    def told() -> set[str | None]:
        settings = WebhooksSettings()
        options = Options(tmp_path / "data", "127.0.0.1", 8080, 1, as_json=False, drain_seconds=1, opened_networks=True)
        ports = {name: 1 for service in SERVICES for name in (service, f"{service}.admin")}
        plan = Suite(options, settings)._plan(new_secrets(), ports)
        return {child.environment.get("ATRIUM_LOG_FORMAT") for child in plan}

    assert told() == {"console"}
    (tmp_path / ".env").write_text("ATRIUM_LOG_FORMAT=json\n")
    assert told() == {None}  # they read the same file


def test_a_command_loads_nothing_of_what_other_commands_need() -> None:
    script = "import atrium_local.command, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"atrium_gateway", "atrium_tenancy", "atrium_entitlements", "atrium_webhooks", "aiohttp"}


@pytest.mark.parametrize("flags", [(), ("--json",)])
async def test_the_receiver_takes_what_is_no_json_and_shows_it(flags: tuple[str, ...]) -> None:
    listener = await asyncio.create_subprocess_exec(
        *this_command(), "listen", "--port", "0", *flags, stdout=asyncio.subprocess.PIPE
    )
    assert listener.stdout is not None
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            line = (await listener.stdout.readline()).decode()
            url = json.loads(line)["url"] if flags else line.split()[-1]
            headers = {"X-Webhook-Event": "odd.[/type]"}
            async with session.post(url, data="no [json]", headers=headers) as answer:
                assert answer.status == 204
            shown = (await listener.stdout.readline()).decode()
            shown += "" if flags else (await listener.stdout.readline()).decode()
            assert "no [json]" in shown
    finally:
        listener.terminate()
        assert await listener.wait() == 0


def test_config_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_TENANCY_URL", "http://user:hidden@tenancy:8081/")
    monkeypatch.setenv("ATRIUM_SEALING_KEYS", "k1:" + "A" * 43 + "=")
    monkeypatch.setenv("ATRIUM_MONGODB_URL", "mongodb://user:hidden@nowhere/")
    shown = RUN.invoke(app, ["config"]).output
    assert "AAAA" not in shown
    assert "hidden" not in shown
    assert "sealing_keys" in shown
    assert "@tenancy:8081/" in shown


def test_config_shows_what_up_sets_for_the_suite_of_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shown() -> dict[str, object]:
        return dict(json.loads(RUN.invoke(app, ["config", "--json"]).output))

    assert (shown()["port"], shown()["sealing_keys"]) == (0, "")
    directory = DataDirectory(tmp_path / ".atrium")
    directory.secrets()
    with directory.locked():
        suite = Suite(
            Options(tmp_path / ".atrium", "127.0.0.1", 8123, 1, as_json=False, drain_seconds=1, opened_networks=False),
            WebhooksSettings(),
        )
        suite.note({"tenancy": 1, "entitlements": 2, "webhooks": 3})
    now = shown()
    assert (now["port"], now["log_format"], now["tenancy_url"]) == (8123, "console", "http://127.0.0.1:1")
    assert now["webhooks_allowed_networks"] == ["127.0.0.0/8", "::1/128"]
    assert {now[name] for name in ("sealing_keys", "principal_keys", "lookup_key")} == {MASK}
    monkeypatch.setenv("ATRIUM_LOG_FORMAT", "json")
    assert shown()["log_format"] == "json"


def test_config_refuses_sealing_keys_as_services_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_SEALING_KEYS", "c3dvcmRmaXNo")
    done = RUN.invoke(app, ["config"])
    assert done.exit_code == 2
    assert "ATRIUM_SEALING_KEYS" in done.stderr
    assert "c3dvcmRmaXNo" not in done.stderr


def test_config_tells_of_names_that_no_setting_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_PRT", "8")
    monkeypatch.setenv("ATRIUM_API_KEY", "sk_live_x")
    (tmp_path / "atrium.toml").write_text("prot = 3\nport = 4\n")
    (tmp_path / ".env").write_text("ATRIUM_LOG_LEVLE=info\nOTHER=1\n")
    done = RUN.invoke(app, ["config", "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["port"] == 4
    assert done.stderr.splitlines() == [
        "atrium: ATRIUM_PRT is no setting and is ignored: is ATRIUM_PORT meant?",
        "atrium: .env: ATRIUM_LOG_LEVLE is no setting and is ignored: is ATRIUM_LOG_LEVEL meant?",
        "atrium: atrium.toml: prot is no setting and is ignored: is port meant?",
    ]


def test_secrets_are_made_once_kept_from_others_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = DataDirectory(tmp_path / "data")
    first = directory.secrets()
    assert directory.secrets() == first
    assert (tmp_path / "data" / "secrets").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("ATRIUM_LOOKUP_KEY", "mine")
    assert directory.secrets()["ATRIUM_LOOKUP_KEY"] == "mine"
    assert directory.kept_secrets()["ATRIUM_LOOKUP_KEY"] == first["ATRIUM_LOOKUP_KEY"]


def test_keys_to_rotate_to_have_ids_of_their_own_and_come_with_their_public_half() -> None:
    held = json.loads(RUN.invoke(app, ["admin", "secrets", "--format", "json", "--number", "2"]).stdout)
    ids = [
        [part.partition(":")[0] for part in held[holder]["ATRIUM_PRINCIPAL_KEYS"].split(",")]
        for holder in ("gateway", "service")
    ]
    assert ids == [["gateway-2!", "service-2!"], ["gateway-2", "service-2!"]]
    assert held["service"]["ATRIUM_SEALING_KEYS"].startswith("k2:")


def test_secrets_of_an_installation_give_services_no_private_half_of_the_gateways_key() -> None:
    from atrium_common.principal import PrincipalKeys

    held = installation_secrets(new_secrets())
    gateway = PrincipalKeys.parse(held["gateway"]["ATRIUM_PRINCIPAL_KEYS"])
    service = PrincipalKeys.parse(held["service"]["ATRIUM_PRINCIPAL_KEYS"])
    assert gateway.signer("gateway") is not None
    assert service.signer("gateway") is None
    assert service.signer("service") is not None
    assert {key: half.public_bytes_raw() for key, half in service.public.items()} == {
        key: half.public_bytes_raw() for key, half in gateway.public.items()
    }
    for write in FORMATS.values():
        assert held["gateway"]["ATRIUM_SEALING_KEYS"] in write(held)
    manifests = json.loads(FORMATS["kubernetes"](held))["items"]
    assert [each["metadata"]["name"] for each in manifests] == ["atrium-gateway-keys", "atrium-service-keys"]


@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.4, 0.6, 0.9])
def test_ctrl_c_in_the_first_second_ends_without_a_traceback(seconds: float, tmp_path: Path) -> None:
    program = "import atrium_local.entry as entry; print('begun', flush=True); entry.main()"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        # The port is taken: whatever has begun ends soon, and nothing is left behind.
        command = [sys.executable, "-c", program, "up", "--data-dir", str(tmp_path / "data"), "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert b"Traceback" not in errors
    assert b"KeyboardInterrupt" not in errors


@pytest.mark.parametrize("seconds", [0.05, 0.4])
@pytest.mark.parametrize("command", ["up", "gateway"])
def test_sigterm_in_the_first_second_ends_what_serves_with_0(command: str, seconds: float, tmp_path: Path) -> None:
    program = "import atrium_local.entry as entry; print('begun', flush=True); entry.main()"
    words = [sys.executable, "-c", program, command, "--data-dir", str(tmp_path / "data"), "--port", "1"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    # It ends with 1 where it was quick to see that there is no such directory, or that the port can't be taken.
    assert process.returncode == 0 or (process.returncode == 1 and errors)


def test_check_on_mongodb_without_keys_ends_with_a_word(tmp_path: Path) -> None:
    settings = {"ATRIUM_MONGODB_URL": "mongodb://127.0.0.1:1", "ATRIUM_SEALING_KEYS": ""}
    done = subprocess.run(
        [sys.executable, "-m", "atrium_local", "admin", "check", "--data-dir", str(tmp_path / "none")],
        env={**os.environ, **settings}, capture_output=True, check=False, timeout=60, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert b"ATRIUM_SEALING_KEYS" in done.stderr


def test_check_on_a_mongodb_that_says_nothing_ends_within_the_time_to_find_it(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        settings = {
            "ATRIUM_MONGODB_URL": f"mongodb://127.0.0.1:{silent.getsockname()[1]}",
            "ATRIUM_SEALING_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
        }
        done = subprocess.run(
            [sys.executable, "-m", "atrium_local", "admin", "check", "--data-dir", str(tmp_path / "none")],
            env={**os.environ, **settings}, capture_output=True, check=False, timeout=90, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 1
    assert b"MongoDB" in done.stderr
