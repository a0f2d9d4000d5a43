"""Connections to receivers: kept, trusted, and at nobody's mercy."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from atrium_common.clock import SystemClock
from atrium_webhooks.application.connecting import Policy
from atrium_webhooks.application.sender import Sender
from services.webhooks.tests.attempts.outcome import outcome
from tests.engine import Processes, Running
from tests.hostile import Hostile, answer, early, eventually, unasked


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
        .not_valid_before(dt.datetime.now(dt.UTC) - dt.timedelta(days=1))
        .not_valid_after(dt.datetime.now(dt.UTC) + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if alternative is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
