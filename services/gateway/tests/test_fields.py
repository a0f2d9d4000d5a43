from datetime import date

import pytest

from atrium_common.errors import InvalidHeader, UnsupportedMediaType
from atrium_common.http.route import Deprecation
from atrium_gateway import fields
from atrium_gateway.http1.message import Request
from atrium_gateway.ports import Allowance, Standing


def request(method: str = "POST", **headers: str) -> Request:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request(method, "/", {b"host": b"a", **given}, peer="127.0.0.1")


def test_hop_by_hop_fields_and_those_that_connection_names_do_not_travel_on() -> None:
    kept = fields.forwarded(
        {
            b"connection": b"close, X-Mine , content-type",
            b"x-mine": b"1",
            b"te": b"trailers",
            b"upgrade": b"h2c",
            b"keep-alive": b"1",
            b"proxy-authorization": b"x",
            b"content-type": b"application/json",
            b"accept": b"*/*",
        }
    )
    assert kept == [(b"content-type", b"application/json"), (b"accept", b"*/*")]


def test_no_internal_field_of_a_client_travels_on_and_none_of_a_service_back() -> None:
    internal = {b"x-principal": b"1", b"x-command-id": b"1", b"x-deadline-ms": b"1", b"x-public-base": b"1"}
    assert fields.forwarded({**internal, b"authorization": b"Bearer k", b"cookie": b"c", b"x-ok": b"1"}) == [
        (b"x-ok", b"1")
    ]
    assert fields.returned([*internal.items(), (b"etag", b"x"), (b"set-cookie", b"c")]) == [(b"etag", b"x")]


def test_a_service_can_name_further_fields_that_end_here() -> None:
    answered = [(b"connection", b"keep-alive, x-inner"), (b"x-inner", b"1"), (b"etag", b"x")]
    assert fields.returned(answered) == [(b"etag", b"x")]


@pytest.mark.parametrize(
    "headers",
    [
        {"idempotency_key": ""},
        {"idempotency_key": "a b"},
        {"idempotency_key": "x" * 256},
        {"idempotency_key": "é"},
        {"if_match": "3"},
        {"host": "a/b"},
        {"host": "a b"},
    ],
)
def test_a_malformed_field_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidHeader):
        fields.judge(request(**headers))


def test_a_request_without_host_or_with_two_keys_is_refused() -> None:
    with pytest.raises(InvalidHeader):
        fields.judge(Request("GET", "/", {}, peer="127.0.0.1"))
    twice = Request("GET", "/", {b"host": b"a"}, peer="127.0.0.1", repeated=frozenset({b"authorization"}))
    with pytest.raises(InvalidHeader):
        fields.judge(twice)


def test_a_compressed_body_is_not_taken() -> None:
    with pytest.raises(UnsupportedMediaType):
        fields.judge(request(content_encoding="gzip"))


def test_limits_are_told_in_both_ways() -> None:
    standing, allowance = Standing(10_000, 9_847, 1_640_995_200), Allowance("k", 10_000, 200, 0)
    assert fields.of_standing(standing, allowance, unix=1_640_995_100.5).split(b"\r\n") == [
        b"X-RateLimit-Limit: 10000",
        b"X-RateLimit-Remaining: 9847",
        b"X-RateLimit-Reset: 1640995200",
        b'RateLimit-Policy: "hour";q=10000;w=3600, "burst";q=200;w=1',
        b'RateLimit: "hour";r=9847;t=100',
        b"",
    ]


def test_a_deprecated_route_says_since_when_until_when_and_what_instead() -> None:
    told = dict(fields.of_deprecation(Deprecation(date(2026, 1, 1), date(2027, 1, 1), "/api/v1/new")))
    assert told == {
        b"Deprecation": b"@1767225600",
        b"Sunset": b"Fri, 01 Jan 2027 00:00:00 GMT",
        b"Link": b'</api/v1/new>; rel="successor-version"',
    }
