"""Settings that every service shares: from flags, then `ATRIUM_…` variables, then `.env`, then `atrium.toml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr
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


class Settings(BaseSettings):
    """What any process of the suite may be told (spec/command.md)."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_", env_file=".env", toml_file="atrium.toml", extra="ignore", frozen=True
    )

    data_dir: Path = Field(default=Path(".atrium"), description="Where the embedded stores, secrets and ports are kept")
    mongodb_url: SecretStr | None = Field(default=None, description="MongoDB instead of the embedded stores")
    mongodb_driver: Literal["motor", "pymongo"] = Field(default="motor", description="Which driver reaches MongoDB")
    mongodb_prefix: str = Field(default="atrium_", description="What the databases' names begin with")
    kafka_bootstrap: str | None = Field(default=None, description="Kafka instead of reading the logs: host:port,…")
    kafka_prefix: str = Field(default="", description="What the topics' names begin with")
    kafka_partitions: int = Field(default=6, ge=1, description="Partitions of a topic when it is created")
    kafka_replication: int = Field(default=1, ge=1, description="Replicas of a topic when it is created")

    sealing_keys: SecretStr = Field(default=SecretStr(""), description="kid:base64,…; the first one seals")
    principal_keys: SecretStr = Field(default=SecretStr(""), description="id!:base64-seed,id:base64-public,…")
    lookup_key: SecretStr = Field(default=SecretStr(""), description="Hashes e-mail claims; never rotated")

    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="Port of the API; 0 takes a free one")
    admin_port: int = Field(default=0, ge=0, le=65535, description="Port of /healthz, /readyz, /metrics; 0: a free one")
    run_dir: Path | None = Field(
        default=None, description="Where NAME.pid and NAME.ports.json are written, if anywhere"
    )
    run_name: str = Field(default="", description="NAME of this process there, where not the service's")
    drain_seconds: float = Field(default=30.0, gt=0, description="How long a process may take to finish on SIGTERM")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="What is logged at least"
    )
    log_format: Literal["console", "json"] = Field(default="json", description="For people or for machines")
    log_every: int = Field(default=100, ge=1, description="Of how many requests that went well one is logged")

    tenancy_url: str = Field(default="http://127.0.0.1:8081", description="Where tenancy answers")
    entitlements_url: str = Field(default="http://127.0.0.1:8082", description="Where entitlements answers")
    webhooks_url: str = Field(default="http://127.0.0.1:8083", description="Where webhooks answers")

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


def _told(value: object) -> JSON:
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(item) for item in value]
    if isinstance(value, dict):
        return {str(name): _shown(item) for name, item in value.items()}
    return _shown(value)


def _shown(value: object) -> str:
    return _CREDENTIALS.sub(f"{MASK}@", str(value))
