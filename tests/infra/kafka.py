"""A real Apache Kafka broker in KRaft mode, on the JVM of this machine."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from confluent_kafka.admin import AdminClient

from tests.infra.jars import classpath
from tests.infra.process import ServerProcess, free_port

_JVM = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]


class KafkaBroker:
    """One node that is broker and controller; its data is in a folder of its own."""

    def __init__(self) -> None:
        """Format the storage.

        Raises:
            Unavailable: it can't be had here.
        """
        path = classpath("kafka", "KafkaNode")
        self._folder = tempfile.TemporaryDirectory(prefix="atrium-kafka-")
        folder = Path(self._folder.name)
        port, controller = free_port(), free_port()
        self.bootstrap = f"127.0.0.1:{port}"
        properties = folder / "server.properties"
        properties.write_text(_properties(folder / "data", port, controller))
        java = ["java", *_JVM, "-cp", path]
        format_storage = ["kafka.tools.StorageTool", "format", "-t", "AtriumTestClusterId001", "-c", str(properties)]
        subprocess.run([*java, *format_storage], check=True, capture_output=True, timeout=60)
        self.process = ServerProcess([*java, "KafkaNode", str(properties)], folder / "log", self._answers)

    def close(self) -> None:
        """End it and remove its data."""
        self.process.kill()
        self._folder.cleanup()

    def _answers(self) -> bool:
        client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        try:
            return bool(client.list_topics(timeout=0.5).brokers)
        except Exception:
            return False


def _properties(data: Path, port: int, controller: int) -> str:
    values = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "auto.create.topics.enable": "false",
        "log.cleaner.dedupe.buffer.size": "2097152",
        "log.cleaner.threads": "1",
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())
