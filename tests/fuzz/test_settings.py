"""What operators write: settings in variables and files. Understood, or refused with the setting's name."""

from __future__ import annotations

import contextlib
import os
import tempfile
import tomllib
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from pydantic import ValidationError

from atrium_common.eventing.vault import BadSealingKeys, MasterKeys
from atrium_common.principal import PrincipalKeys
from atrium_common.settings import Settings, faults_of
from atrium_gateway.settings import GatewaySettings
from atrium_webhooks.settings import WebhooksSettings
from tests.fuzz.bounded import fuzzed, texts, wires

MODELS = (Settings, GatewaySettings, WebhooksSettings)
SAMPLES = (
    "0,60,300", "10.0.0.0/8,::1/128", "true", "8080", "30.5", "10000/200", "https://a.example, *", "k1:AAAA", "debug",
    "api,worker", "SASL_SSL", "nan", "inf", "-0",
)  # fmt: skip
NAMES = sorted({name for model in MODELS for name in model.model_fields})
_VALUES = texts(*SAMPLES).map(lambda text: text.replace("\0", "").encode("utf-8", "replace").decode())


@fuzzed(st.dictionaries(st.sampled_from(NAMES), _VALUES, min_size=1, max_size=3), examples=50)
def test_variables_are_understood_or_refused_by_name_and_their_values_never_told(given: dict[str, str]) -> None:
    variables = {f"ATRIUM_{name.upper()}": value for name, value in given.items()}
    with patch.dict(os.environ, variables):
        for model in MODELS:
            faults: list[str] = []
            try:
                model(_env_file=None)
            except ValidationError as error:
                faults = faults_of(error)
            assert all(fault.startswith("ATRIUM_") for fault in faults)


@fuzzed(
    st.sampled_from(["webhooks_retry_schedule", "webhooks_timeout", "drain_seconds"]), st.sampled_from(["nan", "inf"])
)
def test_no_time_is_endless_or_no_number(name: str, value: str) -> None:
    with patch.dict(os.environ, {f"ATRIUM_{name.upper()}": value}), pytest.raises(ValidationError):
        WebhooksSettings(_env_file=None)


@fuzzed(wires(b'port = 1\nhost = "x"\n[a]\nb = [1, 2]\n', b"kafka_prefix = 'x'\n"), examples=40)
def test_a_settings_file_is_understood_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "atrium.toml").write_bytes(content)
        before = Path.cwd()
        os.chdir(folder)
        try:
            with contextlib.suppress(ValidationError, tomllib.TOMLDecodeError, UnicodeDecodeError):
                Settings()
        finally:
            os.chdir(before)


@fuzzed(texts("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,k2:BBBB", "gateway-1!:AAAA"))
def test_keys_are_understood_or_refused(text: str) -> None:
    with contextlib.suppress(BadSealingKeys):
        MasterKeys.parse(text)
    with contextlib.suppress(ValueError):
        PrincipalKeys.parse(text)
