"""Certificates: what fits is shown and followed over renewals, what does not is told with its setting."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from atrium_common.clock import SystemClock
from atrium_common.errors import Unavailable
from atrium_common.http.client import ServiceClient
from atrium_common.http.listener import SERVICE_LIMITS, Listener
from atrium_common.principal import PrincipalSigner
from atrium_common.tls import Pair, ServedCertificate, TlsUnfit, trusting
from tests.infra.certificates import Authority, Signed


def pair(signed: Signed) -> Pair:
    return Pair(signed.certificate, signed.key, "ATRIUM_TLS_CERT_FILE, ATRIUM_TLS_KEY_FILE")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def listening(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def serve(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"data": "here"})

    listener = Listener(web.Server(serve, access_log=None), SERVICE_LIMITS)
    yield await listener.open("127.0.0.1", 0, tls=context)
    await listener.drain(1)


async def shown(port: int, trusted: ssl.SSLContext) -> ssl.SSLObject:
    """The other side's half of a handshake."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted, server_hostname="localhost")
    agreed: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.close()
    return agreed


async def test_http_1_1_and_tls_1_2_at_least_are_agreed_on(authority: Authority) -> None:
    served = ServedCertificate(pair(authority.sign("server")))
    async with listening(served.context) as port:
        trusted = trusting(authority.ca, setting="X")
        trusted.set_alpn_protocols(["h2", "http/1.1"])
        agreed = await shown(port, trusted)
        assert (agreed.selected_alpn_protocol(), agreed.version()) == ("http/1.1", "TLSv1.3")
        old = trusting(authority.ca, setting="X")
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await shown(port, old)


async def test_a_renewed_certificate_is_shown_to_new_connections_and_cuts_no_old_one(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atrium_common.tls._LOOK_SECONDS", 0.02)
    served = ServedCertificate(pair(authority.sign("server")))
    trusted = trusting(authority.ca, setting="X")
    following = asyncio.create_task(served.follow())
    async with listening(served.context) as port:
        before = (await shown(port, trusted)).getpeercert()
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusted, server_hostname="localhost")
        authority.sign("server", days=20)
        async with asyncio.timeout(10):
            while (after := (await shown(port, trusted)).getpeercert()) == before:
                await asyncio.sleep(0.02)
        assert before is not None
        assert after is not None
        assert before["serialNumber"] != after["serialNumber"]
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        writer.close()
    following.cancel()


async def test_half_a_renewal_leaves_the_certificate_before_in_place(authority: Authority, tmp_path: Path) -> None:
    signed = authority.sign("server")
    served = ServedCertificate(pair(signed))
    signed.key.write_bytes(authority.sign("another").key.read_bytes())
    with pytest.raises(TlsUnfit, match="do not belong together"):
        served.renew()
    async with listening(served.context) as port:
        assert (await shown(port, trusting(authority.ca, setting="X"))).version()


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "can't be read"), (b"no certificate", "PEM")],
)
def test_a_file_that_can_not_be_used_is_told_with_its_setting(
    content: bytes | None, told: str, authority: Authority, tmp_path: Path
) -> None:
    unfit = tmp_path / "unfit.pem"
    if content is not None:
        unfit.write_bytes(content)
    signed = authority.sign("server")
    with pytest.raises(TlsUnfit, match=rf"ATRIUM_TLS_CERT_FILE.*{told}"):
        ServedCertificate(Pair(unfit, signed.key, "ATRIUM_TLS_CERT_FILE, ATRIUM_TLS_KEY_FILE"))
    with pytest.raises(TlsUnfit, match=rf"ATRIUM_KAFKA_CA_FILE.*{told}"):
        trusting(unfit, setting="ATRIUM_KAFKA_CA_FILE")


def test_a_key_with_a_passphrase_is_refused_instead_of_asking_for_it(authority: Authority) -> None:
    from cryptography.hazmat.primitives import serialization

    signed = authority.sign("server")
    key = serialization.load_pem_private_key(signed.key.read_bytes(), None)
    sealed = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
    )
    signed.key.write_bytes(sealed)
    with pytest.raises(TlsUnfit, match="passphrase"):
        ServedCertificate(pair(signed))


async def test_services_are_called_by_tls_under_a_ca_of_ones_own_and_no_other(
    authority: Authority, tmp_path: Path
) -> None:
    served = ServedCertificate(pair(authority.sign("server")))
    signer = PrincipalSigner("service-1", Ed25519PrivateKey.generate())
    for ca, trusted in ((authority.ca, True), (Authority(tmp_path, "other").ca, False)):
        async with listening(served.context) as port:
            client = ServiceClient(
                f"https://localhost:{port}", service="gateway", signer=signer, clock=SystemClock(),
                tls=trusting(ca, setting="X"),
            )  # fmt: skip
            try:
                if trusted:
                    assert await client.call("GET", "/internal/x") == {"data": "here"}
                else:
                    with pytest.raises(Unavailable, match="trusted"):
                        await client.call("GET", "/internal/x")
            finally:
                await client.close()
