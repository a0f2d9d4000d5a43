"""Settings that every service shares: from flags, then `ATRIUM_…` variables, then a `.env` file (spec/command.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What any process of the suite may be told."""

    model_config = SettingsConfigDict(env_prefix="ATRIUM_", env_file=".env", extra="ignore", frozen=True)

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
    drain_seconds: float = Field(default=30.0, gt=0, description="How long a process may take to finish on SIGTERM")
    log_level: str = Field(default="info", description="debug, info, warning or error")
    log_format: Literal["console", "json"] = Field(default="json", description="For people or for machines")

    tenancy_url: str = Field(default="http://127.0.0.1:8081", description="Where tenancy answers")
    entitlements_url: str = Field(default="http://127.0.0.1:8082", description="Where entitlements answers")
    webhooks_url: str = Field(default="http://127.0.0.1:8083", description="Where webhooks answers")
