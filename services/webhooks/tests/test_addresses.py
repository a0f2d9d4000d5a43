import ipaddress
import socket

import pytest

from atrium_common.clock import SystemClock
from atrium_webhooks.application.sender import CheckedResolver, Refused, Sender
from atrium_webhooks.domain.addresses import UnfitUrl, check_url, is_allowed

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
REFUSED = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1",
]  # fmt: skip
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0",
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "169.254.169.254", "0xa9fea9fe",
    "2852039166", "10.1", "192.168.1", "localhost",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_no_delivery_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, ())


def test_the_operator_opens_networks_and_nothing_beside_them() -> None:
    assert is_allowed("127.0.0.1", LOOPBACK)
    assert not is_allowed("10.0.0.1", LOOPBACK)


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_an_inner_address_gets_through(host: str) -> None:
    sender = Sender(opened=(), allow_http=True, seconds=3, clock=SystemClock())
    sent = await sender.send(f"http://{host}:8099/", {}, b"{}")
    await sender.close()
    assert sent.attempted.status_code is None
    assert "not allowed" in str(sent.attempted.error)


async def test_a_name_that_leads_to_one_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    async def rebinding(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, 1, 6, "", (ip, 443)) for ip in ("8.8.8.8", "169.254.169.254")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", rebinding, raising=False)
    with pytest.raises(Refused):
        await CheckedResolver(()).resolve("rebind.example", 443)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "example.com", "https://", "https://user:secret@example.com/", "https://example.com:22/",
     "https://example.com:99999/", "https://exa mple.com/", "javascript:alert(1)", "https://example.com/\n"],
)  # fmt: skip
def test_a_url_that_no_delivery_can_go_to_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(UnfitUrl):
        check_url(url)
