"""Where deliveries may go: public addresses, and what the operator opens (spec/webhooks.md, "No way in")."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "168.63.129.16/32", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        # IPv6 outside of global unicast, 2000::/3: mapped, translated, NAT64, unique-local, link-local, multicast, …
        "::/3", "4000::/2", "8000::/1",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
"""Networks that no delivery may enter, whatever a name resolves to."""

_LOW_PORTS = frozenset({80, 443})
_FIRST_HIGH_PORT = 1024
_LONGEST = 2048


class UnfitUrl(ValueError):
    """Deliveries can't go to this URL; the text says why."""


def check_url(url: str) -> None:
    """Return if the URL's form allows deliveries.

    Raises:
        UnfitUrl: scheme, host, port or credentials are not as they must be.
    """
    if len(url) > _LONGEST or any(ord(character) <= 32 or character in "\\\x7f" for character in url):  # noqa: PLR2004
        raise UnfitUrl("Must be a URL without spaces and backslashes, of at most 2,048 characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnfitUrl("Must be a valid URL, like https://example.com/webhooks.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UnfitUrl("Must be an https URL, like https://example.com/webhooks.")
    if "%" in parts.hostname:
        # A zone (RFC 6874) means an interface of ours, and in no name does a % stand.
        raise UnfitUrl("The host must be a name or a public address, without % in it.")
    if parts.username is not None or parts.password is not None:
        raise UnfitUrl("Must not carry credentials; verify the signature instead.")
    if port is not None and port not in _LOW_PORTS and port < _FIRST_HIGH_PORT:
        raise UnfitUrl("The port must be 443, 80, or 1024 to 65535.")


def is_allowed(address: str, opened: Sequence[Network]) -> bool:
    """Whether a connection may be made to this address: public, or in a network that the operator opened.

    An address that carries an IPv4 one (mapped, 6to4, NAT64, Teredo) is judged by its own form and is refused,
    unless what it carries was opened and it is a plain mapping.
    """
    if is_opened(address, opened):
        return True
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        return False
    return not any(parsed in network for network in REFUSED) and parsed.is_global


def is_opened(address: str, opened: Sequence[Network]) -> bool:
    """Whether the address, or the IPv4 address that it maps, is in a network that the operator opened."""
    if not opened:
        return False
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return any((mapped or parsed) in network for network in opened)
