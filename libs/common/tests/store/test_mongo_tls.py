"""MongoDB behind TLS: reached with the right CA, and told with what to set where it is not."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from atrium_common.store.mongo import MongoStore
from atrium_common.store.ports import StoreRefused
from atrium_common.tls import TlsUnfit
from tests.infra.certificates import Authority

pytestmark = pytest.mark.mongo


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
async def port(mongodb_url: str, authority: Authority) -> AsyncIterator[int]:
    """The server by TLS, ended in front of it; clients must show a certificate of the authority."""
    behind = urlsplit(mongodb_url)
    signed = authority.sign("mongo")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        further_reader, further_writer = await asyncio.open_connection(behind.hostname, behind.port or 27017)
        await asyncio.gather(_pump(reader, further_writer), _pump(further_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_mongodb_is_reached_by_tls_with_a_ca_and_a_certificate_of_ones_own(
    driver: str, port: int, authority: Authority
) -> None:
    store = MongoStore(
        f"mongodb://127.0.0.1:{port}", database=f"t_tls_{os.urandom(4).hex()}",
        driver="motor" if driver == "motor" else "pymongo", ca_file=authority.ca, cert_file=authority.sign("us").both,
    )  # fmt: skip
    await store.open([])
    await store.ping()
    await store.close()


async def test_the_options_of_the_url_do_as_well(port: int, authority: Authority) -> None:
    options = f"tls=true&tlsCAFile={authority.ca}&tlsCertificateKeyFile={authority.sign('us').both}"
    store = MongoStore(f"mongodb://127.0.0.1:{port}/?{options}", database=f"t_tls_{os.urandom(4).hex()}")
    await store.ping()
    await store.close()


async def test_a_certificate_of_another_authority_is_told_with_the_setting_to_check(port: int, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    store = MongoStore(f"mongodb://127.0.0.1:{port}", database="t_tls", ca_file=other.ca)
    with pytest.raises(StoreRefused, match="ATRIUM_MONGODB_CA_FILE"):
        await store.open([])
    await store.close()


def test_a_file_or_url_that_can_not_be_used_is_told_and_no_password_with_it(tmp_path: Path) -> None:
    with pytest.raises(TlsUnfit, match="ATRIUM_MONGODB_CA_FILE"):
        MongoStore("mongodb://127.0.0.1:1", database="t", ca_file=tmp_path / "missing.pem")
    for url in ("mongodb://u:sword@fish@db", "http://u:swordfish@db", "mongodb://u:swordfish@db/?tlsCAFile=/missing"):
        with pytest.raises(ValueError, match="ATRIUM_MONGODB_URL") as told:
            MongoStore(url, database="t")
        assert "fish" not in str(told.value)
