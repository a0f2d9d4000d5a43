"""SSRF: whatever a URL spells or a name turns into, no connection is made to an inner address."""

import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from atrium_common.clock import SystemClock
from atrium_webhooks.application.connecting import Policy
from atrium_webhooks.application.lookup import Lookup, SystemLookup
from atrium_webhooks.application.sender import Sender
from atrium_webhooks.domain.addresses import UnfitUrl

SPELLINGS = [
    # loopback: dotted, short, decimal, octal, hexadecimal, mixed, padded
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F.0.0.1", "0x7f.0.0.0x1", "0177.0.0.1",
    "0177.0.0.01", "017700000001", "0x7f.1", "0177.1", "127.0x1", "127.0.0x0.1", "127.00.00.01", "00000177.0.0.1",
    "0x0000007f.0.0.1", "127.255.255.254", "127.16777215", "0x7fffffff", "localhost", "LOCALHOST", "localhost.",
    # unspecified
    "0", "0.0.0.0", "00.0.0.0", "0x0", "0.0", "000000000000",
    # private
    "10.0.0.1", "10.1", "012.0.0.1", "0xa.0.0.1", "0x0a000001", "167772161", "10.0.1", "172.16.0.1", "172.16.1",
    "0xac100001", "2886729729", "0254.020.0.1", "192.168.0.1", "192.168.1", "192.168.257", "0xc0a80001", "3232235521",
    "0300.0250.0.1", "192.11010049",
    # link-local and metadata
    "169.254.169.254", "169.254.43518", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "2852039166", "0251.0376.0251.0376",
    "025177524776", "169.16689662", "169.254.0.1", "100.100.100.200", "168.63.129.16", "0xa83f8110", "192.0.0.192",
    # CGNAT, benchmark, documentation, multicast, reserved, broadcast
    "100.64.0.1", "0x64400001", "198.18.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.251", "0xe00000fb",
    "240.0.0.1", "255.255.255.255", "4294967295", "0xffffffff", "037777777777",
    # IPv6: loopback, unspecified, mapped, compatible, translated
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0001]", "[::]", "[0::0]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:0001]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::ffff:192.168.1.1]", "[::ffff:0:127.0.0.1]", "[::ffff:8.8.8.8]",
    # IPv6: NAT64, 6to4, Teredo, unique-local, link-local with and without zone, site-local, multicast, documentation
    "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]", "[2001::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd20:ce::254]", "[fe80::1]", "[fe80::1%25eth0]",
    "[fe80::1%251]", "[fec0::1]", "[ff02::1]", "[ff05::1:3]", "[2001:db8::1]", "[100::1]", "[3fff::1]",
    # digits that IDNA turns into others, and full stops of other scripts
    "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "１６９.２５４.１６９.２５４", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",  # noqa: RUF001
    # trailing dots
    "127.0.0.1.", "2130706433.", "169.254.169.254.",
]  # fmt: skip
NAMES = {
    "metadata.google.internal": "169.254.169.254",
    "metadata": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "metadata.azure.internal": "169.254.169.254",
    "127.0.0.1.nip.io": "127.0.0.1",
    "localtest.me": "127.0.0.1",
    "kubernetes.default.svc": "10.96.0.1",
    "inner.example.com.": "192.168.7.7",
    "xn--nxasmq6b.example": "fd00::1",
    "mapped.example": "::ffff:10.1.2.3",
    "nat64.example": "64:ff9b::a00:1",
}


def looking_up(table: dict[str, Sequence[str]]) -> Lookup:
    async def lookup(host: str, _: int) -> Sequence[str]:
        if host not in table:
            raise socket.gaierror(host)
        return table[host]

    return lookup


Make = Callable[..., Sender]


@pytest.fixture
async def make() -> AsyncIterator[Make]:
    made: list[Sender] = []

    def sender(policy: Policy, lookup: Lookup | None = None) -> Sender:
        made.append(Sender(policy, seconds=3, clock=SystemClock(), lookup=lookup))
        return made[-1]

    yield sender
    for each in made:
        await each.close()


@pytest.fixture
async def inside() -> AsyncIterator[tuple[int, list[str]]]:
    """A service on loopback that nobody should reach, and what has reached it."""
    import asyncio

    reached: list[str] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1], reached
    server.close()


def test_the_table_has_more_than_a_hundred_spellings() -> None:
    assert len(set(SPELLINGS)) + len(NAMES) > 100


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_an_inner_address_gets_through(
    host: str, make: Make, inside: tuple[int, list[str]]
) -> None:
    port, reached = inside
    sent = await make(Policy(allow_http=True)).send(f"http://{host}:{port}/", {}, b"{}")
    assert sent.status is None
    assert sent.error_class in {"blocked", "dns"}
    assert not reached


@pytest.mark.parametrize("host", SPELLINGS)
async def test_no_spelling_of_an_inner_address_can_be_saved(host: str, make: Make) -> None:
    sender = make(Policy(allow_http=True))
    system = SystemLookup(SystemClock())
    try:
        await sender.check(f"http://{host}:8099/")
    except (UnfitUrl, ValueError):
        return
    finally:
        system.close()
    # What could be saved is a name that does not resolve: no attempt can connect to it either.
    sent = await sender.send(f"http://{host}:8099/", {}, b"{}")
    assert sent.error_class in {"dns", "blocked"}


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_leads_inside_is_refused_when_saved_and_when_sent_to(name: str, make: Make) -> None:
    sender = make(Policy(allow_http=True), looking_up({name: [NAMES[name]], name.rstrip("."): [NAMES[name]]}))
    with pytest.raises(UnfitUrl):
        await sender.check(f"https://{name}/")
    sent = await sender.send(f"http://{name}:8099/", {}, b"{}")
    assert sent.error_class == "blocked"


async def test_a_name_that_leads_to_one_inner_address_among_others_is_refused(make: Make) -> None:
    sender = make(Policy(), looking_up({"rebind.example": ["8.8.8.8", "169.254.169.254"]}))
    sent = await sender.send("https://rebind.example/", {}, b"{}")
    assert sent.error_class == "blocked"


async def test_a_name_that_turns_inside_between_two_look_ups_has_no_gap(
    make: Make, inside: tuple[int, list[str]]
) -> None:
    port, reached = inside
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    async def rebinding(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    sender = make(Policy(allow_http=True), rebinding)
    await sender.check(f"http://rebind.example:{port}/")
    sent = await sender.send(f"http://rebind.example:{port}/", {}, b"{}")
    assert sent.error_class == "blocked"
    assert len(asked) == 2  # one to save, one to send: what was checked is what would have been connected to
    assert not reached


async def test_plain_http_goes_only_where_the_operator_opened_the_network_or_allowed_it(
    make: Make, inside: tuple[int, list[str]]
) -> None:
    port, reached = inside
    loopback = (ipaddress.ip_network("127.0.0.0/8"),)
    await make(Policy(loopback)).send(f"http://127.0.0.1:{port}/", {}, b"{}")
    assert len(reached) == 1
    sender = make(Policy(loopback), looking_up({"public.example": ["93.184.216.34"]}))
    sent = await sender.send("http://public.example/", {}, b"{}")
    assert (sent.error_class, sent.error) == ("blocked", "Must be an https URL.")


@pytest.mark.parametrize("host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.0.0.1.", "１２７.1"])  # noqa: RUF001
async def test_every_spelling_of_an_address_that_the_operator_opened_can_be_saved_and_sent_to(
    host: str, make: Make, inside: tuple[int, list[str]]
) -> None:
    port, reached = inside
    sender = make(Policy((ipaddress.ip_network("127.0.0.0/8"),)))
    await sender.check(f"http://{host}:{port}/")
    await sender.send(f"http://{host}:{port}/", {}, b"{}")
    assert len(reached) == 1


async def test_no_proxy_of_the_environment_is_followed(
    make: Make, inside: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, reached = inside
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    sender = make(Policy(allow_http=True), looking_up({"inner.example": ["10.0.0.1"]}))
    sent = await sender.send("http://inner.example:8099/", {}, b"{}")
    assert sent.error_class == "blocked"
    assert not reached


async def test_plain_http_to_a_name_that_does_not_resolve_is_not_saved_unless_http_may_go_anywhere(make: Make) -> None:
    loopback = (ipaddress.ip_network("127.0.0.0/8"),)
    nowhere = looking_up({})
    with pytest.raises(UnfitUrl, match="https"):
        await make(Policy(loopback), nowhere).check("http://later.example/hooks")
    await make(Policy(loopback), nowhere).check("https://later.example/hooks")
    await make(Policy(allow_http=True), nowhere).check("http://later.example/hooks")


@pytest.mark.parametrize("host", ["127.0.0.1.", "localhost.", "169.254.169.254."])
async def test_the_dot_of_a_complete_name_opens_no_way_to_save_an_inner_address(host: str, make: Make) -> None:
    with pytest.raises(UnfitUrl):
        await make(Policy()).check(f"https://{host}:8099/")
