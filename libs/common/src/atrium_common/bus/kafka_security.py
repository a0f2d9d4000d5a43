"""How brokers are spoken to: TLS, user and password, and what a refusal of theirs means for who set them up."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from atrium_common.bus.ports import BusRefused, BusUnavailable
from atrium_common.settings import Settings
from atrium_common.tls import Pair, trusting

_ASK_MS = 5_000
_MECHANISM = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """What every client of the brokers is given.

    Attributes:
        protocol: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`.
        mechanism, username, password: with SASL.
        context: with TLS.
    """

    protocol: str = "PLAINTEXT"
    mechanism: str = _MECHANISM
    username: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None

    @classmethod
    def of(cls, settings: Settings) -> KafkaSecurity:
        """What these settings say.

        Raises:
            TlsUnfit: a file can't be used.
        """
        pair = None
        if settings.kafka_cert_file is not None and settings.kafka_key_file is not None:
            pair = Pair(settings.kafka_cert_file, settings.kafka_key_file, "ATRIUM_KAFKA_CERT_FILE, _KEY_FILE")
        protocol = settings.kafka_protocol
        encrypted = protocol.endswith("SSL")
        return cls(
            protocol=protocol,
            mechanism=settings.kafka_sasl_mechanism or _MECHANISM,
            username=settings.kafka_sasl_username,
            password=settings.kafka_sasl_password.get_secret_value(),
            context=trusting(settings.kafka_ca_file, setting="ATRIUM_KAFKA_CA_FILE", pair=pair) if encrypted else None,
        )

    def options(self) -> Mapping[str, Any]:
        """The same in the words of aiokafka's clients."""
        told: dict[str, Any] = {"security_protocol": self.protocol, "ssl_context": self.context}
        if self.protocol.startswith("SASL"):
            told |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return told

    async def ask(self, bootstrap: str) -> None:
        """Ask the first broker that says anything what it has against us; silent where none is there.

        aiokafka's clients only say that they could not begin.

        Raises:
            BusRefused: the settings do not fit the brokers.
            BusUnavailable: perhaps they don't: somebody is there, but ends our connections.
        """
        for address in bootstrap.split(","):
            host, _, port = address.strip().rpartition(":")
            host = host.strip("[]")
            if not await _is_there(host, int(port)):
                continue
            try:
                connection = await create_conn(host, int(port), request_timeout_ms=_ASK_MS, **self.options())
                connection.close()
            except ssl.SSLCertVerificationError as error:
                raise BusRefused(
                    f"Kafka's certificate at {address} is not trusted ({error.verify_message}): set"
                    " ATRIUM_KAFKA_CA_FILE to the CA that signed it, and ATRIUM_KAFKA_BOOTSTRAP to the names in it"
                ) from error
            except (SaslAuthenticationFailed, AuthenticationFailedError) as error:
                raise BusRefused(
                    f"Kafka at {address} refuses the user {self.username!r}: check ATRIUM_KAFKA_SASL_USERNAME and"
                    f" _PASSWORD, and that the user has {self.mechanism} credentials (ATRIUM_KAFKA_SASL_MECHANISM)"
                ) from error
            except UnsupportedSaslMechanismError as error:
                raise BusRefused(
                    f"Kafka at {address} does not offer {self.mechanism}: set ATRIUM_KAFKA_SASL_MECHANISM to one it has"
                ) from error
            except (OSError, KafkaError):
                pass
            raise BusUnavailable(
                f"Kafka at {address} ends our connections: is ATRIUM_KAFKA_SECURITY_PROTOCOL={self.protocol} what that"
                " listener speaks, and does it ask for a client's certificate (ATRIUM_KAFKA_CERT_FILE)?"
            )


async def _is_there(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_ASK_MS / 1000):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
