"""Settings that every service shares: from flags, then `ATRIUM_…` variables, then `.env`, then `atrium.toml`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from atrium_common.jsontypes import JSON

MASK = "********"
_CREDENTIALS = re.compile(r"(?<=://)\S+@")


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() or None if isinstance(value, str) else value


def _given(value: object) -> object:
    """Empty is as good as not said: a file's setting can be taken back by a source that goes before."""
    return None if value == "" else value


def _brokers(value: str) -> str:
    if not all("/" not in broker and _names_a_host(f"//{broker.strip()}") for broker in value.split(",")):
        raise ValueError("each is host:port, several with commas between them, like kafka-1:9092,kafka-2:9092")
    return value


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")) or not _names_a_host(url):
        raise ValueError("a URL is http://host:port or https://host:port, like http://127.0.0.1:8081")
    return url


def _mongodb(value: object) -> object:
    if isinstance(value, str) and value and not value.startswith(("mongodb://", "mongodb+srv://")):
        raise ValueError("it begins with mongodb:// or mongodb+srv://, like mongodb://host:27017/?replicaSet=rs0")
    return _given(value)


def _names_a_host(url: str) -> bool:
    """Whether there is a host in it, and only such a port as there can be."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _named(value: object) -> object:
    if value == "":
        raise ValueError("it is empty: name a directory, or leave it out")
    return value


HttpUrl: TypeAlias = Annotated[str, AfterValidator(_http)]
File: TypeAlias = Annotated[Path | None, BeforeValidator(_given)]
S = TypeVar("S", bound="Settings")


class UnfitSetting(ValueError):
    """A process can never work as it is set; the text names the setting, not its value, and says what it should be."""


class Settings(BaseSettings):
    """What any process of the suite may be told (spec/command.md)."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_",
        env_file=".env",
        toml_file="atrium.toml",
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # what is unfit may be a secret
    )

    data_dir: Annotated[Path, BeforeValidator(_named)] = Field(
        default=Path(".atrium"), description="Where the embedded stores, secrets and ports are kept"
    )
    mongodb_url: Annotated[SecretStr | None, BeforeValidator(_mongodb)] = Field(
        default=None, description="MongoDB instead of the embedded stores"
    )
    mongodb_driver: Literal["motor", "pymongo"] = Field(default="motor", description="Which driver reaches MongoDB")
    mongodb_prefix: str = Field(default="atrium_", description="What the databases' names begin with")
    kafka_bootstrap: Annotated[Annotated[str, AfterValidator(_brokers)] | None, BeforeValidator(_given)] = Field(
        default=None, description="Kafka instead of reading the logs: host:port,…"
    )
    mongodb_ca_file: File = Field(default=None, description="Whose certificates MongoDB may show; TLS is then demanded")
    mongodb_cert_file: File = Field(default=None, description="Our own certificate and key for it, in one PEM file")
    kafka_prefix: str = Field(default="", description="What the topics' names begin with")
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] | None, BeforeValidator(_upper)
    ] = Field(default=None, description="[SASL_SSL with a user name, SSL with a CA or certificate, else PLAINTEXT]")
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None, BeforeValidator(_upper)
    ] = Field(default=None, description="How the user is proven [SCRAM-SHA-512]")
    kafka_sasl_username: str = Field(default="", description="Kafka's user")
    kafka_sasl_password: SecretStr = Field(default=SecretStr(""), description="and their password")
    kafka_ca_file: File = Field(default=None, description="Whose certificates brokers may show [the system's CAs]")
    kafka_cert_file: File = Field(default=None, description="Our own certificate for brokers that ask for one")
    kafka_key_file: File = Field(default=None, description="and its key")
    kafka_partitions: int = Field(default=6, ge=1, description="Partitions of a topic when it is created")
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of a topic when it is created")

    sealing_keys: SecretStr = Field(default=SecretStr(""), description="kid:base64,…; the first one seals")
    principal_keys: SecretStr = Field(default=SecretStr(""), description="id!:base64-seed,id:base64-public,…")
    lookup_key: SecretStr = Field(default=SecretStr(""), description="Hashes e-mail claims; never rotated")

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="Port of the API; 0 takes a free one")
    admin_port: int = Field(default=0, ge=0, le=65535, description="Port of /healthz, /readyz, /metrics; 0: a free one")
    tls_cert_file: File = Field(default=None, description="Certificate chain (PEM): the API's port then speaks TLS")
    tls_key_file: File = Field(default=None, description="and its key; both are read again when they are renewed")
    run_dir: Path | None = Field(
        default=None, description="Where NAME.pid and NAME.ports.json are written, if anywhere"
    )
    run_name: str = Field(default="", description="NAME of this process there, where not the service's")
    drain_seconds: float = Field(default=30.0, gt=0, description="How long a process may take to finish on SIGTERM")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="What is logged at least"
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = Field(
        default="json", description="For people or for machines"
    )
    log_every: int = Field(default=100, ge=1, description="Of how many requests that went well one is logged")

    otlp_endpoint: str | None = Field(
        default=None, description="Where traces are sent by OTLP/HTTP, like http://collector:4318; nowhere if unset"
    )
    trace_sample_ratio: float = Field(default=1.0, ge=0, le=1, description="Which part of new traces is recorded")

    tenancy_url: HttpUrl = Field(default="http://127.0.0.1:8081", description="Where tenancy answers")
    entitlements_url: HttpUrl = Field(default="http://127.0.0.1:8082", description="Where entitlements answers")
    webhooks_url: HttpUrl = Field(default="http://127.0.0.1:8083", description="Where webhooks answers")

    services_ca_file: File = Field(
        default=None, description="Whose certificates services at https URLs may show [the system's CAs]"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """What only works together is given together, and what would be ignored is told."""
        _both("TLS_CERT_FILE", self.tls_cert_file, "TLS_KEY_FILE", self.tls_key_file)
        _both("KAFKA_CERT_FILE", self.kafka_cert_file, "KAFKA_KEY_FILE", self.kafka_key_file)
        password = self.kafka_sasl_password.get_secret_value()
        _both("KAFKA_SASL_USERNAME", self.kafka_sasl_username, "KAFKA_SASL_PASSWORD", password)
        protocol = self.kafka_protocol
        if not protocol.endswith("SSL") and (self.kafka_ca_file or self.kafka_cert_file):
            raise ValueError(f"ATRIUM_KAFKA_CA_FILE and _CERT_FILE are for (SASL_)SSL, not for {protocol}")
        if protocol.startswith("SASL") != bool(self.kafka_sasl_username):
            said = "wants ATRIUM_KAFKA_SASL_USERNAME" if protocol.startswith("SASL") else "ignores the SASL user name"
            raise ValueError(f"ATRIUM_KAFKA_SECURITY_PROTOCOL={protocol} {said}")
        return self

    @property
    def kafka_protocol(self) -> str:
        """How brokers are spoken to; a password never goes in the clear unless that is said."""
        if self.kafka_security_protocol is not None:
            return self.kafka_security_protocol
        if self.kafka_sasl_username:
            return "SASL_SSL"
        return "SSL" if self.kafka_ca_file or self.kafka_cert_file else "PLAINTEXT"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags are given to the constructor and win; the file is the last word."""
        toml = TomlConfigSettingsSource(settings_cls)
        return (init_settings, env_settings, dotenv_settings, file_secret_settings, toml)

    def masked(self) -> dict[str, JSON]:
        """What is in force, to be shown: every secret is a row of stars, and so is what a URL has before its host."""
        shown: dict[str, JSON] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                shown[name] = MASK if value.get_secret_value() else ""
            else:
                shown[name] = value if value is None or isinstance(value, bool | int | float) else _told(value)
        return shown


def in_force(model: type[S]) -> S:
    """The settings that the environment and the files give a process.

    Raises:
        SystemExit: one is unfit, with 2; standard error says which, without its value.
    """
    try:
        return model()
    except ValidationError as error:
        sys.stderr.writelines(f"atrium: {fault}\n" for fault in faults_of(error))
        raise SystemExit(2) from None


def faults_of(error: ValidationError) -> list[str]:
    """What is wrong with which setting, one line each, without their values."""
    # Of a list the place is told too, which is no part of the name.
    named = ((str(fault["loc"][0]).upper() if fault["loc"] else "", fault["msg"]) for fault in error.errors())
    told = ((name, text.removeprefix("Value error, ")) for name, text in named)
    return [f"ATRIUM_{name}: {text}" if name else text for name, text in told]


def _both(one: str, first: object, other: str, second: object) -> None:
    if bool(first) != bool(second):
        missing, given = (other, one) if first else (one, other)
        raise ValueError(f"ATRIUM_{missing} is missing: it goes with ATRIUM_{given}")


def _told(value: object) -> JSON:
    if isinstance(value, list | tuple | set | frozenset):
        return [item if isinstance(item, int | float) else _shown(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _shown(item) for name, item in value.items()}
    return _shown(value)


def _shown(value: object) -> str:
    return _CREDENTIALS.sub(f"{MASK}@", str(value))
