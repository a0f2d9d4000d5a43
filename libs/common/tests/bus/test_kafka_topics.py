"""A topic that is made here keeps what it is told, for as long as is promised."""

import uuid

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its documented names
    AdminClient,
    ConfigResource,
    ResourceType,
)

from atrium_common.clock import SystemClock
from atrium_common.settings import Settings
from atrium_common.wiring import RETENTION, TOPICS, kafka_bus


@pytest.mark.kafka
async def test_topics_are_made_with_the_retention_that_subscribers_are_told(kafka_bootstrap: str) -> None:
    prefix = f"{uuid.uuid4().hex[:8]}."
    settings = Settings(kafka_bootstrap=kafka_bootstrap, kafka_prefix=prefix, kafka_partitions=1)
    bus = kafka_bus(kafka_bootstrap, settings, SystemClock())
    await bus.open()
    await bus.close()
    asked = [ConfigResource(ResourceType.TOPIC, prefix + topic) for topic in TOPICS]
    client = AdminClient({"bootstrap.servers": kafka_bootstrap})
    for resource, answer in client.describe_configs(asked).items():
        configs = {name: entry.value for name, entry in answer.result(20).items()}
        days = RETENTION[resource.name.removeprefix(prefix)].days
        assert configs["retention.ms"] == str(days * 24 * 3600 * 1000)
