"""The servers that tests start are real, keep what they acknowledged, and are never left behind."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError

from tests.infra.jars import Unavailable
from tests.infra.kafka import KafkaBroker
from tests.infra.mongo import MongoServer


@pytest.mark.kafka
async def test_a_killed_broker_comes_back_with_its_records(kafka_bootstrap: str) -> None:
    assert kafka_bootstrap
    try:
        broker = KafkaBroker()
    except Unavailable as reason:
        pytest.skip(str(reason))
    broker.process.start()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic("t", 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    await producer.send_and_wait("t", b"kept")
    await producer.stop()
    broker.process.restart()
    consumer = AIOKafkaConsumer("t", bootstrap_servers=broker.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    assert (await consumer.getone()).value == b"kept"
    await consumer.stop()
    broker.close()


@pytest.mark.mongo
def test_a_killed_server_comes_back_with_its_documents_and_unique_keys_hold(mongodb_url: str) -> None:
    assert mongodb_url
    try:
        server = MongoServer()
    except Unavailable as reason:
        pytest.skip(str(reason))
    server.process.start()
    with MongoClient[dict[str, object]](server.url) as client:
        things = client.t.things
        things.create_index("keys", unique=True)
        things.insert_one({"_id": 1, "keys": ["a", "b"]})
        with pytest.raises(DuplicateKeyError):
            things.insert_one({"_id": 2, "keys": ["b"]})
    server.process.restart()
    with MongoClient[dict[str, object]](server.url) as client:
        assert client.t.things.find_one({"keys": "b"}) == {"_id": 1, "keys": ["a", "b"]}
    server.close()


@pytest.mark.mongo
def test_a_server_shows_every_document_as_it_was_at_one_moment(mongodb_url: str) -> None:
    assert mongodb_url
    try:
        server = MongoServer()
    except Unavailable as reason:
        pytest.skip(str(reason))
    server.process.start()
    with MongoClient[dict[str, int]](server.url) as client, ThreadPoolExecutor(1) as writer:
        things = client.t.things
        names = [f"field_{number}" for number in range(50)]
        things.insert_many([{"_id": number, **dict.fromkeys(names, 0)} for number in range(20)])
        writing = writer.submit(
            lambda: [
                things.replace_one({"_id": n % 20}, {"_id": n % 20, **dict.fromkeys(names, n)}) for n in range(800)
            ]
        )
        while not writing.done():
            for thing in things.find():
                assert {thing.get(name) for name in names} == {thing[names[0]]}
    server.close()


@pytest.mark.mongo
def test_a_server_ends_with_the_process_that_started_it(mongodb_url: str) -> None:
    assert mongodb_url
    program = (
        "import os, signal\n"
        "from tests.infra.mongo import MongoServer\n"
        "server = MongoServer(); server.process.start()\n"
        "print(server.process._process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=60, text=True)
    pid = int(started.stdout)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if open(f"/proc/{pid}/stat").read().split()[2] == "Z":  # noqa: PTH123, SIM115
            return
        import time

        time.sleep(0.05)
    pytest.fail("the server outlived its starter")
