"""One attempt and what becomes of it, with a receiver that is told what to do (spec/webhooks.md, "Success")."""

import asyncio
import base64
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator
from email.utils import format_datetime
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import NameOID
from prometheus_client import generate_latest
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from atrium_common.clock import SystemClock
from atrium_common.http.call import Call
from atrium_common.principal import Principal
from atrium_common.store import documents as asked
from atrium_common.store.documents import Delete, Is, Put
from atrium_common.store.ports import Store
from atrium_common.store.sqlite import SqliteStore
from atrium_webhooks import rows
from atrium_webhooks.application.connecting import Policy
from atrium_webhooks.application.deliveries import Deliveries
from atrium_webhooks.application.endpoints import Endpoints
from atrium_webhooks.application.sender import Sender
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials
from atrium_webhooks.domain.delivery import again
from tests.engine import SECRET, Processes, Running
from tests.hostile import (
    Behaviour,
    Hostile,
    answer,
    bomb,
    close,
    drip,
    early,
    eventually,
    garbage,
    half,
    hang,
    huge,
    reset,
    slow,
    unasked,
)

NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    """Engines over files: what one attempt leaves behind does not hang on the store."""

    async def store() -> Store:
        return SqliteStore(tmp_path / "webhooks.db")

    made = Processes(store)
    yield made
    await made.close()


@pytest.fixture
async def running(processes: Processes) -> Running:
    return await processes.start(webhooks_timeout=1, webhooks_retry_schedule="0,60")


async def outcome(running: Running, receiver: Hostile, behaviour: Behaviour, **settings: Any) -> dict[str, Any]:
    """What one attempt at a receiver that behaves so leaves behind."""
    endpoint = await running.endpoint(receiver.script("/", behaviour), **settings)
    await running.events(1)
    async with asyncio.timeout(20):
        while True:
            (delivery,) = await running.deliveries(endpoint)
            if delivery.body["attempts"]:
                return cast("dict[str, Any]", delivery.body)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_success(running: Running, receiver: Hostile, status: int) -> None:
    found = await outcome(running, receiver, answer(status))
    assert (found["status"], found["status_code"], found["attempts"]) == ("success", status, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 408, 409, 425, 429, 500, 502, 503, 504])
async def test_a_3xx_and_what_may_pass_is_tried_again(running: Running, receiver: Hostile, status: int) -> None:
    found = await outcome(running, receiver, answer(status, location=receiver.url("/elsewhere")))
    assert (found["status"], found["status_code"]) == ("retrying", status)
    assert not receiver.at("/elsewhere"), "a redirect was followed"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422])
async def test_any_other_4xx_fails_for_good(running: Running, receiver: Hostile, status: int) -> None:
    assert (await outcome(running, receiver, answer(status)))["status"] == "failed"


async def test_410_fails_the_delivery_and_disables_the_endpoint_at_once(running: Running, receiver: Hostile) -> None:
    receiver.script("/gone", answer(410))
    endpoint = await running.endpoint(receiver.url("/gone"), concurrency=1)
    await running.events(5)
    state = await running.until_disabled(endpoint)
    await running.until(endpoint, 4, "cancelled")
    assert (await running.statuses(endpoint)).count("failed") == 1
    assert state.disabled_reason == "It answered 410 Gone."
    assert len(receiver.arrivals) == 1


async def test_410_disables_an_endpoint_again_whose_attempt_was_not_recorded_before_it_was_switched_on(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(410))
    running = await processes.start()
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.until_disabled(endpoint)
    found = await running.delivery(endpoint, "failed")
    await running.change(endpoint, is_active=True)
    lost = {**again(found.body, now=NOW), "attempts": 0, "round_start": 0, "history": []}  # as if it had died meanwhile
    put = Put(rows.DELIVERIES.name, found.key, lost, found.version + 1, Is(found.version), found.expires_at)
    assert await running.store.documents.write([put]) == [True]
    await running.engine.dispatcher.wake([endpoint])
    await receiver.until(2)
    await running.until_disabled(endpoint, seconds=10)


BROKEN: list[tuple[str, Behaviour, str]] = [
    ("hanging", hang, "timeout"),
    ("too slow", slow(3), "timeout"),
    ("half an answer", half, "timeout"),
    ("reset", reset, "broken"),
    ("closed", close, "broken"),
    ("no HTTP", garbage, "protocol"),
]


@pytest.mark.parametrize(("behaviour", "error_class"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
async def test_a_receiver_that_breaks_or_hangs_is_tried_again_and_the_reason_recorded(
    running: Running, receiver: Hostile, behaviour: Behaviour, error_class: str
) -> None:
    found = await outcome(running, receiver, behaviour)
    (entry,) = found["history"]
    assert (found["status"], found["status_code"]) == ("retrying", None)
    assert (entry["error_class"], entry["response"]) == (error_class, None)
    assert entry["error"]


async def test_a_refused_connection_is_tried_again(running: Running, receiver: Hostile) -> None:
    endpoint = await running.endpoint("http://127.0.0.1:1025/")
    await running.events(1)
    found = await running.delivery(endpoint, "retrying")
    assert cast("Any", found.body["history"])[0]["error_class"] == "connect"


async def test_a_name_that_does_not_resolve_is_tried_again(running: Running) -> None:
    endpoint = await running.endpoint("https://no-such-name.invalid/")
    await running.events(1)
    found = await running.delivery(endpoint, "retrying")
    assert cast("Any", found.body["history"])[0]["error_class"] == "dns"


@pytest.mark.parametrize("behaviour", [drip(), huge(), bomb()], ids=["dripping", "huge", "gzip bomb"])
async def test_neither_a_long_nor_a_dripping_body_makes_a_2xx_a_failure(
    running: Running, receiver: Hostile, behaviour: Behaviour
) -> None:
    began = time.monotonic()
    found = await outcome(running, receiver, behaviour)
    (entry,) = found["history"]
    assert (found["status"], found["status_code"]) == ("success", 200)
    assert len(entry["response"]["body"]) <= 4096
    assert time.monotonic() - began < 20


async def test_the_whole_exchange_has_one_deadline_however_it_drips(running: Running, receiver: Hostile) -> None:
    found = await outcome(running, receiver, drip(500))
    (entry,) = found["history"]
    assert found["status"] == "retrying"
    assert 900 < entry["duration_ms"] < 5000


async def test_4_kib_of_an_answers_body_are_kept_and_what_is_cut_off_is_said(
    running: Running, receiver: Hostile
) -> None:
    found = await outcome(running, receiver, answer(200, b"y" * 5000))
    (entry,) = found["history"]
    assert entry["response"] == {
        "headers": {"Content-Length": "5000"}, "body": "y" * 4096, "truncated": True,
    }  # fmt: skip
    found = await outcome(running, receiver, answer(200, "grüß dich".encode()))
    assert found["history"][0]["response"]["body"] == "grüß dich"


@pytest.mark.parametrize("value", ["v" * 1000, "é" * 600, "v" * 9000])
async def test_no_more_of_an_answers_headers_is_kept_than_of_its_body_whatever_they_are_and_when_to_come_again_is(
    running: Running, receiver: Hostile, value: str
) -> None:
    many = {f"x_{number}": value for number in range(12)}
    found = await outcome(running, receiver, answer(503, b"later", first="1", **many, retry_after="100000"))
    kept = found["history"][0]["response"]["headers"]
    assert sum(len(name.encode()) + len(text.encode()) for name, text in kept.items()) <= 4 * 1024
    assert (kept["First"], kept["Retry-After"]) == ("1", "100000")
    assert "X-1" in kept
    assert dt.datetime.fromisoformat(found["next_attempt_at"]) > NOW + dt.timedelta(seconds=50_000)


async def test_an_attempt_is_recorded_with_its_timings_address_and_headers_but_no_secret(
    running: Running, receiver: Hostile
) -> None:
    found = await outcome(running, receiver, answer(200, b"ok"), headers={"Authorization": "Bearer hidden"})
    (entry,) = found["history"]
    assert entry["remote_address"] == "127.0.0.1"
    assert set(entry["timings"]) == {"dns", "connect", "tls", "first_byte", "total"}
    assert entry["timings"]["connect"] is not None
    assert entry["timings"]["tls"] is None
    assert 0 < entry["timings"]["first_byte"] <= entry["timings"]["total"]
    assert entry["request"]["headers"]["Authorization"] == "***"
    assert entry["request"]["headers"]["X-Webhook-Attempt"] == "1"
    assert "hidden" not in str(found)
    assert receiver.arrivals[0].headers["authorization"] == "Bearer hidden"


@pytest.mark.parametrize(
    ("status", "asked", "low", "high"),
    [
        (429, "120", 119, 121),
        (503, "5", 53, 67),
        (429, "999999999", 86000, 86500),
        (500, "600", 53, 67),
        (429, "²", 53, 67),
        (429, "-5", 53, 67),
        (503, "Fri, 99 Foo 99999 99:99:99 GMT", 53, 67),
    ],
)
async def test_retry_after_moves_the_next_attempt_later_never_earlier_and_at_most_a_day(
    running: Running, receiver: Hostile, status: int, asked: str, low: int, high: int
) -> None:
    found = await outcome(running, receiver, answer(status, retry_after=asked))
    planned = dt.datetime.fromisoformat(found["next_attempt_at"])
    tried = dt.datetime.fromisoformat(found["updated_at"])
    assert low <= (planned - tried).total_seconds() <= high


async def test_retry_after_may_be_a_date(running: Running, receiver: Hostile) -> None:
    in_ten_minutes = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=10), usegmt=True)
    found = await outcome(running, receiver, answer(503, retry_after=in_ten_minutes))
    planned = dt.datetime.fromisoformat(found["next_attempt_at"])
    tried = dt.datetime.fromisoformat(found["updated_at"])
    assert 560 <= (planned - tried).total_seconds() <= 610


async def test_the_schedule_is_kept_with_a_tenth_of_jitter_and_then_the_delivery_has_failed(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,0.5,1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await running.delivery(endpoint, "failed")
    first, second, third = [each.at for each in receiver.arrivals]
    assert second - first > 0.44
    assert third - second > 0.89


async def test_an_endpoints_own_schedule_goes_before_the_platforms(running: Running, receiver: Hostile) -> None:
    receiver.script("/", answer(500))
    endpoint = await running.endpoint(receiver.url(), retry_schedule=(0, 0.1, 0.1, 0.1))
    await running.events(1)
    await running.delivery(endpoint, "failed")
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3, 4]


async def test_the_attempts_go_on_counting_after_a_manual_retry_with_a_whole_schedule_before_it(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500))
    running = await processes.start(webhooks_retry_schedule="0,0.1")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    failed = await running.delivery(endpoint, "failed")
    await running.retry(failed.key)
    await receiver.until(4)
    found = await running.delivery(endpoint, "failed")
    assert [each.attempt for each in receiver.arrivals] == [1, 2, 3, 4]
    assert [entry["attempt"] for entry in cast("Any", found.body["history"])] == [1, 2, 3, 4]


async def test_a_retry_asked_for_while_an_attempt_is_under_way_loses_neither(
    processes: Processes, receiver: Hostile
) -> None:
    receiver.script("/", answer(500), slow(0.5, 500), answer())
    running = await processes.start(webhooks_retry_schedule="0,0.1,60")
    endpoint = await running.endpoint(receiver.url())
    await running.events(1)
    await receiver.until(2)
    (delivery,) = await running.deliveries(endpoint)
    await running.retry(delivery.key)
    await receiver.until(3)
    found = await running.delivery(endpoint, "success")
    assert [entry["attempt"] for entry in cast("Any", found.body["history"])] == [1, 2, 3]


async def test_a_retry_whose_process_died_before_it_told_of_it_is_told_of_when_it_is_repeated(
    processes: Processes, receiver: Hostile
) -> None:
    client = await processes.make()
    endpoint = await client.endpoint(receiver.url())
    await client.events(1)
    (found,) = await client.deliveries(endpoint)
    documents, engine = client.store.documents, client.engine
    marked = {**again(found.body, now=NOW), "retry": "cmd_1"}
    gone = Delete(rows.WAKES.name, endpoint, 0, asked.Any())
    await documents.write([Put(rows.DELIVERIES.name, found.key, marked, 2, Is(1), found.expires_at), gone])
    endpoints = Endpoints(client.repository, documents, client.engine.sender.check, cast("Any", None), client.ids)
    deliveries = Deliveries(
        endpoints, documents, engine.dispatcher, engine.keeper, client.ids, SystemClock(), engine.kept_for
    )
    principal = Principal(workspace_id="wks_1")
    call = Call(principal, {}, {}, {}, None, command_id="cmd_1", request_id="", if_match=None, at=NOW, public_base="")
    await deliveries.retry(call, endpoint, found.key)
    assert await documents.get(rows.WAKES.name, endpoint) is not None


async def test_connections_are_kept_per_destination(running: Running, receiver: Hostile) -> None:
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    await running.events(20)
    await running.until(endpoint, 20, "success")
    assert receiver.connections == 1


async def test_hints_before_an_answer_are_not_taken_for_it(running: Running, receiver: Hostile) -> None:
    found = await outcome(running, receiver, early)
    assert (found["status"], found["status_code"]) == ("success", 204)


async def test_what_a_receiver_says_without_being_asked_is_not_taken_for_the_answer_to_the_next_delivery(
    running: Running, receiver: Hostile
) -> None:
    gate = asyncio.Event()
    receiver.script("/", unasked(gate), answer())
    endpoint = await running.endpoint(receiver.url(), concurrency=1)
    await running.events(1)
    await running.until(endpoint, 1, "success")
    gate.set()
    await eventually(lambda: not gate.is_set())
    await running.events(1)
    await running.until(endpoint, 2, "success")
    assert receiver.connections == 2


async def test_a_receiver_that_reads_nothing_keeps_no_connection_beyond_its_time() -> None:
    body = bytes(32 << 20)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        policy = Policy(opened=[ipaddress.ip_network("127.0.0.0/8")])
        sender = Sender(policy, seconds=0.5, clock=SystemClock())
        sending = asyncio.create_task(sender.send(f"http://127.0.0.1:{server.getsockname()[1]}/", {}, body))
        connection, _ = await loop.sock_accept(server)
        assert (await sending).error_class == "timeout"
        read = 0
        with connection, contextlib.suppress(ConnectionResetError):
            async with asyncio.timeout(10):
                while part := await loop.sock_recv(connection, 1 << 20):
                    read += len(part)
        await sender.close()
    assert read < len(body)


async def test_deliveries_are_verified_by_the_published_libraries(running: Running, receiver: Hostile) -> None:
    await outcome(running, receiver, answer())
    (arrival,) = receiver.arrivals
    assert Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))["id"] == arrival.event_id
    SvixWebhook(SECRET).verify(arrival.body, dict(arrival.headers))


async def test_during_a_rotation_every_live_secret_signs_the_standard_way_and_the_new_one_alone_the_references(
    running: Running, receiver: Hostile
) -> None:
    endpoint = await running.endpoint(receiver.url())
    fresh = new_credentials(endpoint, secret="a plain text secret", randomness=bytes)
    grace = dt.timedelta(hours=1)
    await running.decide(endpoint, lambda state: domain.rotate(state, fresh, grace=grace, at=dt.datetime.now(dt.UTC)))
    await eventually(lambda: bool(running.engine.directory.endpoints[endpoint].previous))
    await running.events(1)
    (arrival,) = await receiver.until(1)
    assert arrival.headers["webhook-signature"].count("v1,") == 2
    Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))
    Webhook(b"a plain text secret").verify(arrival.body.decode(), dict(arrival.headers))


async def test_an_endpoint_may_choose_ed25519_signatures(running: Running, receiver: Hostile) -> None:
    endpoint = await running.endpoint(receiver.url(), signatures=("v1", "v1a"))
    await running.events(1)
    (arrival,) = await receiver.until(1)
    public = (await running.state(endpoint)).credentials.public_key
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_")))
    shared, own = arrival.headers["webhook-signature"].split(" ")
    signed = f"{arrival.event_id}.{arrival.headers['webhook-timestamp']}.".encode() + arrival.body
    key.verify(base64.b64decode(own.removeprefix("v1a,")), signed)
    assert shared.startswith("v1,")
    Webhook(SECRET).verify(arrival.body.decode(), dict(arrival.headers))


async def test_the_dispatchers_figures_are_told_to_prometheus(running: Running, receiver: Hostile) -> None:
    await outcome(running, receiver, answer())
    told = generate_latest().decode()
    for name in (
        "webhooks_due",
        "webhooks_oldest_due_seconds",
        "webhooks_in_flight",
        'webhooks_attempts_total{outcome="success"}',
        "webhooks_event_to_success_seconds_count",
        "webhooks_breakers_open",
        "webhooks_disabled_total",
        "consumer_lag_seconds",
    ):
        assert f"atrium_{name}" in told, name


async def test_a_trace_is_carried_from_the_request_to_the_delivery(running: Running, receiver: Hostile) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await running.endpoint(receiver.url())
    await running.receive(running.message(traceparent=trace))
    (arrival,) = await receiver.until(1)
    version, trace_id, span, flags = arrival.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
    assert span != "00f067aa0ba902b7"


async def test_certificates_are_verified_and_an_operators_own_authority_can_be_trusted(
    processes: Processes, tmp_path: Path
) -> None:
    bundle, good, wrong_name = authority(tmp_path)
    trusting = await processes.start(webhooks_ca_bundle=bundle, webhooks_retry_schedule="0,60")
    async with Hostile(tls=good) as fine, Hostile(tls=wrong_name) as wrong:
        endpoint = await trusting.endpoint(fine.url())
        other = await trusting.endpoint(wrong.url())
        await trusting.events(1)
        delivered = await trusting.delivery(endpoint, "success")
        refused = await trusting.delivery(other, "retrying")
        assert cast("Any", delivered.body["history"])[0]["timings"]["tls"] > 0
        assert cast("Any", refused.body["history"])[0]["error_class"] == "tls"
        await trusting.stop()
        doubting = await processes.start(webhooks_retry_schedule="0,60")
        third = await doubting.endpoint(fine.url())
        await doubting.events(1)
        assert cast("Any", (await doubting.delivery(third, "retrying")).body["history"])[0]["error_class"] == "tls"


def authority(folder: Path) -> tuple[Path, ssl.SSLContext, ssl.SSLContext]:
    """A bundle with an authority of our own, and servers with its certificates for 127.0.0.1 and for another name."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = certificate("An authority", root_key, "An authority", root_key, authority=True)
    bundle = folder / "bundle.pem"
    bundle.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    contexts = []
    for name, alternative in (
        ("good", x509.IPAddress(ipaddress.ip_address("127.0.0.1"))),
        ("wrong", x509.DNSName("elsewhere.example")),
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(name, key, "An authority", root_key, alternative=alternative)
        path = folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        contexts.append(context)
    return bundle, contexts[0], contexts[1]


def certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    authority: bool = False,
    alternative: x509.GeneralName | None = None,
) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - dt.timedelta(days=1))
        .not_valid_after(NOW + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if alternative is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
