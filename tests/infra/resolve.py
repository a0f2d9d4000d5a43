"""Where a test's Kafka and MongoDB come from: given by the environment, from Docker, or started here, in this order."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from tests.infra.jars import Unavailable
from tests.infra.kafka import KafkaBroker
from tests.infra.mongo import MongoServer

KAFKA_VARIABLE = "ATRIUM_TEST_KAFKA_BOOTSTRAP"
MONGO_VARIABLE = "ATRIUM_TEST_MONGODB_URL"
KAFKA_IMAGE = "apache/kafka:4.1.1"
MONGO_IMAGE = "mongo:8.0.13"
_DOCKER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and how to end it."""

    address: str
    origin: str
    close: Callable[[], None]


def kafka() -> Server:
    """A Kafka broker.

    Raises:
        Unavailable: none can be had; the text says why.
    """
    given = os.environ.get(KAFKA_VARIABLE)
    if given:
        return Server(given, KAFKA_VARIABLE, _nothing)
    if _docker():
        from testcontainers.kafka import KafkaContainer

        container = KafkaContainer(KAFKA_IMAGE).with_kraft()
        container.start()
        return Server(container.get_bootstrap_server(), f"Docker {KAFKA_IMAGE}", container.stop)
    broker = KafkaBroker()
    broker.process.start()
    return Server(broker.bootstrap, "Apache Kafka, started here", broker.close)


def mongo() -> Server:
    """A server that speaks MongoDB's wire protocol.

    Raises:
        Unavailable: none can be had; the text says why.
    """
    given = os.environ.get(MONGO_VARIABLE)
    if given:
        return Server(given, MONGO_VARIABLE, _nothing)
    if _docker():
        return _mongo_in_docker()
    server = MongoServer()
    server.process.start()
    return Server(server.url, "mongo-java-server, started here", server.close)


def _mongo_in_docker() -> Server:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.waiting_utils import wait_for_logs

    container = DockerContainer(MONGO_IMAGE).with_command("--replSet rs0 --bind_ip_all").with_exposed_ports(27017)
    container.start()
    wait_for_logs(container, "Waiting for connections", timeout=60)
    code, output = container.exec(["mongosh", "--quiet", "--eval", "rs.initiate()"])
    if code:
        container.stop()
        raise Unavailable(f"the replica set could not be initiated: {output!r}")
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(27017)}"
    return Server(f"mongodb://{address}/?directConnection=true", f"Docker {MONGO_IMAGE}", container.stop)


def _docker() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=_DOCKER_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _nothing() -> None:
    """Somebody else's server is not ours to end."""
