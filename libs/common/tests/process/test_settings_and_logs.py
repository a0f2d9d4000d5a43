from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from atrium_common import tracing
from atrium_common.logging import Seldom, redacted
from atrium_common.settings import Settings, in_force

KEY = "sk_live_abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ATRIUM_PORT", "ATRIUM_HOST", "ATRIUM_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_flags_win_over_the_environment_over_the_env_file_over_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "atrium.toml").write_text('port = 1\nhost = "toml"\nlog_level = "error"\nkafka_prefix = "toml"\n')
    assert Settings().port == 1
    (tmp_path / ".env").write_text("ATRIUM_PORT=2\nATRIUM_HOST=dotenv\nATRIUM_LOG_LEVEL=warning\n")
    assert Settings().port == 2
    monkeypatch.setenv("ATRIUM_PORT", "3")
    monkeypatch.setenv("ATRIUM_HOST", "environment")
    assert Settings().port == 3
    settings = Settings(port=4)
    assert (settings.port, settings.host, settings.log_level, settings.kafka_prefix) == (
        4, "environment", "warning", "toml"
    )  # fmt: skip


def test_what_is_in_force_is_shown_without_any_secret() -> None:
    settings = Settings(
        mongodb_url=SecretStr("mongodb://u:swordfish@db"), sealing_keys=SecretStr("k1:swordfish"), port=8080
    )
    shown = settings.masked()
    assert "swordfish" not in json.dumps(shown)
    assert (shown["mongodb_url"], shown["sealing_keys"], shown["lookup_key"]) == ("********", "********", "")
    assert (shown["port"], shown["data_dir"], shown["kafka_bootstrap"]) == (8080, ".atrium", None)


@pytest.mark.parametrize(("name", "value"), [("PORT", "70000"), ("DRAIN_SECONDS", "0"), ("LOG_LEVEL", "loud")])
def test_an_unfit_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"ATRIUM_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"TLS_CERT_FILE": "/c"}, "ATRIUM_TLS_KEY_FILE is missing"),
        ({"KAFKA_SASL_PASSWORD": "swordfish"}, "ATRIUM_KAFKA_SASL_USERNAME is missing"),
        ({"KAFKA_SASL_USERNAME": "u"}, "ATRIUM_KAFKA_SASL_PASSWORD is missing"),
        ({"KAFKA_KEY_FILE": "/k"}, "ATRIUM_KAFKA_CERT_FILE is missing"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"}, "wants ATRIUM_KAFKA_SASL_USERNAME"),
        ({"KAFKA_SECURITY_PROTOCOL": "plaintext", "KAFKA_CA_FILE": "/c"}, "are for"),
        ({"KAFKA_SASL_PASSWORD": "swordfish", "KAFKA_SASL_USERNAME": "u", "KAFKA_SECURITY_PROTOCOL": "SSL"}, "ignores"),
    ],
)
def test_settings_that_only_work_together_are_told_and_their_values_are_not(
    given: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"ATRIUM_{name}", value)
    with pytest.raises(SystemExit) as ended:
        in_force(Settings)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith("atrium: ATRIUM_")
    assert told in said
    assert "swordfish" not in said
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "swordfish" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("KAFKA_BOOTSTRAP", "kafka:swordfish", "host:port"),
        ("KAFKA_BOOTSTRAP", "kafka-1:9092,:9092", "host:port"),
        ("KAFKA_BOOTSTRAP", "kafka:99999", "host:port"),
        ("KAFKA_BOOTSTRAP", "http://kafka:9092", "host:port"),
        ("TENANCY_URL", "tenancy:8081", "http://"),
        ("ENTITLEMENTS_URL", "http://", "http://"),
        ("WEBHOOKS_URL", "http://user:swordfish@webhooks:port", "http://"),
    ],
)
def test_an_address_that_can_be_none_is_refused_before_anything_starts_with_how_it_should_look(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"ATRIUM_{name}", value)
    with pytest.raises(SystemExit):
        in_force(Settings)
    said = capsys.readouterr().err
    assert said.startswith(f"atrium: ATRIUM_{name}: ")
    assert told in said
    assert "swordfish" not in said


@pytest.mark.parametrize("brokers", ["kafka:9092", "kafka-1:9092, kafka-2:9092", "[::1]:9092", "[::1]", "kafka"])
def test_brokers_may_be_one_or_several_hosts(brokers: str) -> None:
    assert Settings(kafka_bootstrap=brokers).kafka_bootstrap == brokers


def test_an_empty_file_setting_takes_back_what_a_later_source_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("ATRIUM_TLS_CERT_FILE=/c\nATRIUM_TLS_KEY_FILE=/k\n")
    assert Settings().tls_cert_file == Path("/c")
    monkeypatch.setenv("ATRIUM_TLS_CERT_FILE", "")
    monkeypatch.setenv("ATRIUM_TLS_KEY_FILE", "")
    assert Settings().tls_cert_file is None


@pytest.mark.parametrize(("name", "value"), [("mongodb_url", "mongodb://db"), ("kafka_bootstrap", "kafka:9092")])
def test_an_empty_store_or_stream_takes_back_what_a_later_source_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    (tmp_path / ".env").write_text(f"ATRIUM_{name.upper()}={value}\n")
    assert getattr(Settings(), name) is not None
    monkeypatch.setenv(f"ATRIUM_{name.upper()}", "")
    assert getattr(Settings(), name) is None


def test_a_level_may_be_spelt_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATRIUM_LOG_LEVEL", "DEBUG")
    assert Settings().log_level == "debug"


@pytest.mark.parametrize(
    "entry",
    [
        {"event": f"refused {KEY}"},
        {"event": "x", "authorization": "swordfish"},
        {"event": "x", "headers": {"Authorization": "Bearer swordfish", "Cookie": "swordfish"}},
        {"event": "x", "lookup_key": "swordfish", "api-key": "swordfish", "client_secret": "swordfish"},
        {"event": "x", "items": [{"token": "swordfish"}, ("Basic swordfish",)]},
        {"event": "connect mongodb://user:swordfish@db:27017/x failed"},
        {"event": "x", "exception": f"Traceback … ValueError: {KEY}"},
        {"event": "whsec_swordfish"},
        {"event": "x", "raw": b"swordfish"},
        {"event": "x", "error": ValueError("Bearer swordfish")},
        {"event": f"X-Principal: v1.gateway1.{'a' * 40}.{'swordfish' * 10}"},
    ],
)
def test_no_secret_is_logged_at_any_depth(entry: dict[str, Any]) -> None:
    shown = str(redacted(None, "info", entry))
    assert "swordfish" not in shown
    assert KEY not in shown


def test_what_is_no_secret_stays() -> None:
    entry = {"event": "served", "key_id": "key_1", "n": 5, "ok": True, "none": None, "list": ["a"], "status": "x"}
    assert redacted(None, "info", dict(entry)) == entry


SCRIPT = """
import logging, structlog
from atrium_common.logging import configure_logging
configure_logging(service="tenancy", level="info", style={style!r})
log = structlog.get_logger("x")
log.debug("hidden")
log.info("served", ms=1.5, authorization="swordfish")
password = "swordfish"
try:
    raise ValueError("sk_live_abcdefghijklmnopqrstuvwxyz012345")
except ValueError:
    log.exception("failed")
logging.getLogger("library").warning("careful with %s", "Bearer swordfish")
logging.getLogger("library").info("hidden")
"""


@pytest.mark.parametrize("style", ["json", "console"])
def test_logs_are_one_stream_in_one_style_with_the_services_name(style: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(style=style)], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == ""
    assert "swordfish" not in done.stderr
    assert KEY not in done.stderr
    assert "hidden" not in done.stderr
    if style == "json":
        entries = [json.loads(line) for line in done.stderr.splitlines()]
        assert [(e["event"], e["level"], e["service"]) for e in entries] == [
            ("served", "info", "tenancy"),
            ("failed", "error", "tenancy"),
            ("careful with Bearer …", "warning", "tenancy"),
        ]  # fmt: skip
        assert "ValueError" in entries[1]["exception"]
        assert all(entry["timestamp"].endswith("Z") for entry in entries)
    else:
        assert "tenancy" in done.stderr
    assert logging.getLogger().level != logging.NOTSET


def test_traces_that_nothing_can_record_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ValueError, match=r"pip install 'atrium-common\[tracing\]'"):
        tracing.install("gateway", Settings(otlp_endpoint="http://127.0.0.1:4318"))
    assert tracing.tracer() is None


def test_a_library_says_the_same_thing_once_in_a_while_whatever_its_arguments_are() -> None:
    """A client of a lost Kafka broker says hundreds of times a second that it can't connect."""
    now = [100.0]
    seldom = Seldom(10.0, monotonic=lambda: now[0])

    def says(text: str, *arguments: object, level: int = logging.WARNING) -> bool:
        return seldom.filter(logging.LogRecord("aiokafka", level, "", 0, text, arguments, None))

    assert [says("node %s is away", number) for number in range(3)] == [True, False, False]
    assert says("node %s is away", 1, level=logging.ERROR)
    assert says("another thing")
    now[0] += 10
    assert [says("node %s is away", number) for number in range(2)] == [True, False]
