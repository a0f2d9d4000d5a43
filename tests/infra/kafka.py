"""A real Apache Kafka broker in KRaft mode, on the JVM of this machine."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient

from atrium_local.ports import free_port
from tests.infra.jars import classpath
from tests.infra.process import ServerProcess

SESSION_SECONDS = 4.0
KAFKAS_SESSION_SECONDS = 9.0
"""What Kafka takes where nothing is set."""
_JVM = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"]


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a broker with guarded listeners is given beside its open one.

    Attributes:
        certificate: certificate chain and key, in one PEM file.
        ca: whose certificates clients may show, PEM.
        users: names and passwords, known by PLAIN and both kinds of SCRAM.
    """

    certificate: Path
    ca: Path
    users: Mapping[str, str]


class KafkaBroker:
    """One node that is broker and controller; its data is in a folder of its own.

    Attributes:
        bootstrap: its open listener.
        sasl: its listener with TLS and users, where it has one.
        mutual: its listener with TLS that asks for client certificates, where it has one.
    """

    def __init__(
        self, guarded: Guarded | None = None, *, host: str = "127.0.0.1", session_seconds: float = SESSION_SECONDS
    ) -> None:
        """Format the storage; the open listener is at `host`. One that was killed is let in again after its session.

        Raises:
            Unavailable: it can't be had here.
        """
        path = classpath("kafka", "KafkaNode")
        self._folder = tempfile.TemporaryDirectory(prefix="atrium-kafka-")
        folder = Path(self._folder.name)
        port, controller = free_port(), free_port()
        self.bootstrap = f"{host}:{port}"
        properties = folder / "server.properties"
        values = _properties(folder / "data", host, port, controller)
        values["broker.session.timeout.ms"] = str(round(session_seconds * 1000))
        scram: list[str] = []
        if guarded is not None:
            sasl, mutual = free_port(), free_port()
            self.sasl, self.mutual = f"127.0.0.1:{sasl}", f"127.0.0.1:{mutual}"
            values |= _guarding(values, guarded, sasl, mutual)
            for name, password in guarded.users.items():
                for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                    scram += ["--add-scram", f"{kind}=[name={name},password={password}]"]
        properties.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
        java = ["java", *_JVM, "-cp", path]
        formatting = ["kafka.tools.StorageTool", "format", "-t", "AtriumTestClusterId001", "-c", str(properties)]
        done = subprocess.run([*java, *formatting, *scram], check=False, capture_output=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"the broker's storage could not be made: {done.stderr.decode()[-2000:]}")
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


def _guarding(values: Mapping[str, str], guarded: Guarded, sasl: int, mutual: int) -> dict[str, str]:
    listeners = f"SASL_SSL://127.0.0.1:{sasl},SSL://127.0.0.1:{mutual}"
    plain = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    known = " ".join(f'user_{name}="{password}"' for name, password in guarded.users.items())
    return {
        "listeners": f"{values['listeners']},{listeners}",
        "advertised.listeners": f"{values['advertised.listeners']},{listeners}",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(guarded.certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(guarded.ca),
        "listener.name.ssl.ssl.client.auth": "required",
        # Where a test sets rules, they hold; who comes by the open listener may do everything.
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f"{plain} {known};",
        **{
            f"listener.name.sasl_ssl.{kind}.sasl.jaas.config": f"{scram} required;"
            for kind in ("scram-sha-256", "scram-sha-512")
            for scram in ("org.apache.kafka.common.security.scram.ScramLoginModule",)
        },
    }


def _properties(data: Path, host: str, port: int, controller: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "listeners": f"PLAINTEXT://{host}:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL",
        "log.dirs": str(data),
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "group.initial.rebalance.delay.ms": "0",
        "broker.heartbeat.interval.ms": "500",
        "group.min.session.timeout.ms": "1000",
        "auto.create.topics.enable": "false",
        "log.cleaner.dedupe.buffer.size": "2097152",
        "log.cleaner.threads": "1",
    }
