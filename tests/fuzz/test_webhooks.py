"""What webhooks read: filters, URLs, addresses, secrets, headers, schedules and what receivers answer."""

from __future__ import annotations

import contextlib
import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from atrium_webhooks.domain.addresses import UnfitUrl, check_url, is_allowed
from atrium_webhooks.domain.custom_headers import faults
from atrium_webhooks.domain.filters import OPERATORS, UnfitFilter, compiled
from atrium_webhooks.domain.matching import is_subscription, wants
from atrium_webhooks.domain.schedule import Attempted, judge
from atrium_webhooks.domain.signing import is_secret, signature, standard_signature
from tests.fuzz.bounded import fuzzed, json_values, texts

NOW = datetime(2024, 1, 1, tzinfo=UTC)
_NAMES = st.one_of(
    st.sampled_from([*OPERATORS, "type", "data.object.attributes.tier", "data.0.a", f"data.{'9' * 30}", "data.²"]),
    texts("data.object.attributes.tier"),
)
_FILTERS = st.recursive(
    json_values(deepest=2),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_NAMES, inner, max_size=3)),
    max_leaves=8,
)


@fuzzed(st.dictionaries(_NAMES, _FILTERS, max_size=3), json_values(), examples=100)
def test_a_filter_is_refused_or_judges_whatever_body_there_is(filters: dict[str, Any], data: Any) -> None:
    try:
        judged = compiled(filters)
    except UnfitFilter:
        return
    bodies: list[dict[str, Any]] = [{"type": "a.b", "data": data}, {}, {"data": [[[data]]]}]
    for body in (*bodies, {"data": {"object": {"attributes": data}}}):
        assert judged.matches(body) in {True, False}


@fuzzed(texts("https://example.com:8443/hooks?x=1", "http://[::1]:80/", "https://0x7f.1/", "https://u:p@x/", "//x"))
def test_a_url_is_fit_or_refused_with_a_word(url: str) -> None:
    with contextlib.suppress(UnfitUrl):
        check_url(url)


@fuzzed(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_an_address_is_judged_and_an_inner_one_never_let_through(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_allowed(str(address), ()):
        assert address.is_global
        assert not address.is_multicast
        carried = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
        assert carried is None


@fuzzed(st.dictionaries(texts("X-Tenant", "Authorization"), texts("Bearer x"), max_size=4))
def test_headers_of_an_endpoint_are_fit_or_refused_by_name(headers: dict[str, str]) -> None:
    found = faults(headers)
    assert found.keys() <= headers.keys()
    for name, value in headers.items():
        if name not in found:
            assert not {"\r", "\n", "\0"} & set(name + value)
            (name + value).encode("ascii")


@fuzzed(texts("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw==", "a text as secret"), st.binary(max_size=50))
def test_a_secret_signs_or_is_none(secret: str, body: bytes) -> None:
    sent = secret.encode("utf-8", "replace").decode()
    if is_secret(sent):
        assert signature(sent, body).startswith("sha256=")
        assert standard_signature([sent], message_id="evt_1", timestamp=1, body=body).startswith("v1,")


@fuzzed(
    texts("120", "Wed, 21 Oct 2099 07:28:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359"),
    st.sampled_from([429, 503, 500, 200, 404, 301, 103, 999]),
    st.integers(1, 7),
)
def test_what_a_receiver_asks_for_moves_the_next_attempt_a_day_at_most(text: str, status: int, attempt: int) -> None:
    schedule = (0, 60, 300, 1800, 7200, 86400)
    verdict = judge(Attempted(status, None, text), attempt=attempt, schedule=schedule, now=NOW, random=lambda: 0.5)
    if verdict.next_attempt_at is not None:
        assert NOW + timedelta(seconds=schedule[attempt] * 0.9) <= verdict.next_attempt_at
        assert verdict.next_attempt_at <= NOW + timedelta(days=2)


@fuzzed(st.lists(texts("workspace.*", "*", "a.b"), max_size=3), texts("workspace.created"))
def test_subscriptions_match_or_not_whatever_the_type(wanted: list[str], event_type: str) -> None:
    assert wants([each for each in wanted if is_subscription(each)], event_type) in {True, False}
