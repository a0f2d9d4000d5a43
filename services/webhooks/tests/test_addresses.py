import ipaddress

import pytest

from atrium_webhooks.domain.addresses import UnfitUrl, check_url, is_allowed

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
REFUSED = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.1", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1",
    "::", "::1", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1",
    "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "2001:db8::1", "2001:10::1", "2001:20::1",
    "2002:7f00:1::", "2002:a9fe:a9fe::", "2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fd20:ce::254", "fe80::1", "fe80::1%eth0", "fe80::a9fe:a9fe%1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip


@pytest.mark.parametrize("address", REFUSED)
def test_no_delivery_goes_to_an_address_that_is_not_public(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, ())


def test_the_operator_opens_networks_and_nothing_beside_them() -> None:
    assert is_allowed("127.0.0.1", LOOPBACK)
    assert is_allowed("::ffff:127.0.0.1", LOOPBACK)
    assert not is_allowed("10.0.0.1", LOOPBACK)
    assert not is_allowed("::1", LOOPBACK)


@pytest.mark.parametrize(
    "url",
    ["ftp://example.com/", "example.com", "https://", "https://user:secret@example.com/", "https://example.com:22/",
     "https://example.com:99999/", "https://example.com:0/", "https://example.com:1023/", "https://exa mple.com/",
     "javascript:alert(1)", "https://example.com/\n", "https://example.com\\@127.0.0.1/", "https://@example.com/",
     "https://127.0.0.1:443@example.com/", "file:///etc/passwd", "gopher://example.com:6379/", "//example.com/",
     "https://example.com/" + "x" * 2048, "https://[::1/", "https://exa\tmple.com/", "https://[fe80::1%25eth0]/",
     "https://[2606:4700:4700::1111%1]/"],
)  # fmt: skip
def test_a_url_that_no_delivery_can_go_to_is_refused_with_a_reason(url: str) -> None:
    with pytest.raises(UnfitUrl):
        check_url(url)


@pytest.mark.parametrize("port", ["", ":443", ":80", ":1024", ":8443", ":65535"])
def test_deliveries_may_go_to_the_ports_443_and_80_and_from_1024_on(port: str) -> None:
    check_url(f"https://example.com{port}/hooks")
