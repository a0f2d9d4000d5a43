"""A broker with TLS and users: who is set up right gets in, who is not is told what to set, and at once."""

import asyncio
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its documented names
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from pydantic import SecretStr

from atrium_common.bus.ports import BusRefused, BusUnavailable, Message, Subscription
from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.wiring import kafka_bus
from tests.infra.certificates import Authority, Signed
from tests.infra.jars import Unavailable
from tests.infra.kafka import Guarded, KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

PASSWORD = "correct-horse-battery"
CLOCK = SystemClock()


class Site:
    """The broker, and the certificates around it."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.client: Signed = self.authority.sign("client")
        self.other = Authority(folder / "other", "other")
        broker = self.authority.sign("broker")
        self.broker = KafkaBroker(Guarded(broker.both, self.authority.ca, {"atrium": PASSWORD, "limited": PASSWORD}))
        self.broker.process.start()


@pytest.fixture(scope="module")
def site(_kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        made = Site(tmp_path_factory.mktemp("guarded"))
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield made
    made.broker.close()


def _settings(site: Site, address: str, **given: Any) -> Settings:
    return Settings(kafka_bootstrap=address, kafka_prefix=f"{uuid.uuid4().hex[:8]}.", kafka_partitions=1, **given)


def _user(site: Site, **given: Any) -> Settings:
    ours: dict[str, Any] = {
        "kafka_ca_file": site.authority.ca,
        "kafka_sasl_username": "atrium",
        "kafka_sasl_password": SecretStr(PASSWORD),
    }
    return _settings(site, site.broker.sasl, **(ours | given))


async def _there_and_back(settings: Settings) -> None:
    bus = kafka_bus(str(settings.kafka_bootstrap), settings, CLOCK)
    await bus.open()
    try:
        subscription = await bus.subscribe(["tenancy.events"], group="g", start="earliest")
        sent = Message("evt_1", "thing.made", "/t", "thing/1", CLOCK.now(), "wks_1", {"n": 1})
        await bus.publish("tenancy.events", [sent])
        async with asyncio.timeout(30):
            while not (received := await subscription.receive(limit=10, timeout=1)):
                pass
        await subscription.commit(received)
        assert [each.message.id for each in received] == ["evt_1"]
    finally:
        await bus.close()


async def _refusal(settings: Settings, kind: type[BusUnavailable] = BusRefused) -> str:
    bus = kafka_bus(str(settings.kafka_bootstrap), settings, CLOCK)
    started = time.monotonic()
    with pytest.raises(kind) as refused:
        await bus.open()
    await bus.close()
    assert time.monotonic() - started < 25
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "scram-sha-512"])
async def test_a_user_gets_in_over_tls_by_every_mechanism(site: Site, mechanism: str) -> None:
    await _there_and_back(_user(site, kafka_sasl_mechanism=mechanism))


async def test_a_client_certificate_gets_in_where_the_broker_asks_for_one(site: Site) -> None:
    await _there_and_back(
        _settings(
            site,
            site.broker.mutual,
            kafka_ca_file=site.authority.ca,
            kafka_cert_file=site.client.certificate,
            kafka_key_file=site.client.key,
        )
    )


async def test_a_wrong_password_is_told_with_the_settings_to_check(site: Site) -> None:
    told = await _refusal(_user(site, kafka_sasl_password=SecretStr("wrong")))
    assert "refuses the user 'atrium'" in told
    assert "ATRIUM_KAFKA_SASL_USERNAME" in told


async def test_a_certificate_of_another_authority_is_told_with_the_setting_to_check(site: Site) -> None:
    told = await _refusal(_user(site, kafka_ca_file=site.other.ca))
    assert "not trusted" in told
    assert "ATRIUM_KAFKA_CA_FILE" in told


async def test_a_missing_client_certificate_is_told(site: Site) -> None:
    told = await _refusal(_settings(site, site.broker.mutual, kafka_ca_file=site.authority.ca), BusUnavailable)
    assert "ATRIUM_KAFKA_CERT_FILE" in told


async def test_tls_to_an_open_listener_is_told(site: Site) -> None:
    told = await _refusal(_settings(site, site.broker.bootstrap, kafka_ca_file=site.authority.ca), BusUnavailable)
    assert "ATRIUM_KAFKA_SECURITY_PROTOCOL" in told


async def test_a_password_in_the_clear_is_only_sent_where_that_is_said(site: Site) -> None:
    assert (
        _settings(site, "k:1", kafka_sasl_username="u", kafka_sasl_password=SecretStr("p")).kafka_protocol == "SASL_SSL"
    )


def _let_in_but_not_to_make_topics(site: Site, user: str, prefix: str) -> None:
    everyone, limited = "User:*", f"User:{user}"
    named, prefixed = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED
    allow, deny = AclPermissionType.ALLOW, AclPermissionType.DENY
    rules = [
        AclBinding(ResourceType.BROKER, "kafka-cluster", named, everyone, "*", AclOperation.ALL, allow),
        AclBinding(ResourceType.BROKER, "kafka-cluster", named, limited, "*", AclOperation.CREATE, deny),
        *(
            AclBinding(ResourceType.TOPIC, prefix, prefixed, limited, "*", operation, allow)
            for operation in (AclOperation.READ, AclOperation.WRITE)
        ),
    ]
    rules.append(AclBinding(ResourceType.GROUP, prefix, prefixed, limited, "*", AclOperation.DESCRIBE, allow))
    client = AdminClient({"bootstrap.servers": site.broker.bootstrap})
    for made in client.create_acls(rules).values():
        made.result(timeout=20)


async def test_a_user_who_may_not_make_topics_uses_those_that_are_there(site: Site) -> None:
    settings = _user(site, kafka_sasl_username="limited")
    await asyncio.to_thread(_let_in_but_not_to_make_topics, site, "limited", settings.kafka_prefix)
    bus = kafka_bus(site.broker.sasl, settings, CLOCK)
    with pytest.raises(BusRefused) as refusal:
        await bus.open()
    assert f"{settings.kafka_prefix}tenancy.events" in str(refusal.value)
    await bus.close()
    maker = kafka_bus(site.broker.bootstrap, Settings(kafka_prefix=settings.kafka_prefix, kafka_partitions=1), CLOCK)
    await maker.open()
    await maker.close()
    await bus.open()
    await bus.publish("tenancy.events", [Message("evt_1", "thing.made", "/t", "thing/1", CLOCK.now(), "wks_1", {})])
    subscription = await bus.subscribe(["tenancy.events"], group="readers", start="earliest")
    with pytest.raises(BusRefused) as refusal:
        await _received(subscription)
    assert f"{settings.kafka_prefix}readers" in str(refusal.value)
    await bus.close()


async def _received(subscription: Subscription) -> None:
    async with asyncio.timeout(20):
        while not await subscription.receive(limit=1, timeout=1):
            pass
