"""Header fields at the door: which are sane, which travel on to a service, which travel back (RFC 9110 §7.6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from atrium_common.errors import InvalidHeader, UnsupportedMediaType
from atrium_common.http import headers as names
from atrium_common.http.outgoing import farewell
from atrium_common.http.reply import expected_versions
from atrium_common.http.route import Deprecation
from atrium_gateway.http1.message import Fields, Request
from atrium_gateway.ports import Allowance, Standing

_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection", b"te",
     b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"}
)  # fmt: skip
_INTERNAL = frozenset(name.encode() for name in names.INTERNAL)
# What the gateway says itself, has used up, or makes anew.
_NOT_FORWARDED = _HOP_BY_HOP | _INTERNAL | {
    b"host", b"authorization", b"content-length", b"cookie", b"expect", b"x-request-id", b"traceparent", b"tracestate",
    b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"idempotency-key", b"x-workspace-id",
    b"x-namespace-id",
}  # fmt: skip
_NOT_RETURNED = _HOP_BY_HOP | _INTERNAL | {
    b"content-length", b"server", b"date", b"x-request-id", b"set-cookie", b"ratelimit", b"ratelimit-policy",
    b"x-ratelimit-limit", b"x-ratelimit-remaining", b"x-ratelimit-reset", b"x-error-source", b"idempotent-replayed",
}  # fmt: skip
_ONCE = frozenset(
    {b"authorization", b"content-type", b"host", b"idempotency-key", b"x-namespace-id", b"x-workspace-id", b"origin"}
)
_IDEMPOTENCY_KEY = re.compile(rb"[\x21-\x7e]{1,255}\Z")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?\Z")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{1,128}\Z")


def judge(request: Request) -> None:
    """Return if the fields that somebody will rely on are well-formed.

    Raises:
        InvalidHeader: one is not, or stands twice where that has no meaning.
        UnsupportedMediaType: the body is compressed.
    """
    if request.derived.sane and request.reads:
        return
    headers = request.headers
    if request.repeated and not request.repeated.isdisjoint(_ONCE):
        twice = ", ".join(sorted(name.decode() for name in request.repeated & _ONCE))
        raise InvalidHeader(f"These headers may be given once only: {twice}.")
    host = headers.get(b"host")
    if host is None:
        if request.version != "1.0":
            raise InvalidHeader("The header Host is missing.")
    elif not _HOST.match(host):
        raise InvalidHeader("The header Host is malformed.")
    if request.reads:
        request.derived.sane = True
        return
    key = headers.get(b"idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.match(key):
        raise InvalidHeader("Idempotency-Key must be 1 to 255 visible ASCII characters.")
    condition = headers.get(b"if-match")
    if condition is not None:
        expected_versions(condition.decode("latin-1"))
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise UnsupportedMediaType


def request_id(headers: Mapping[bytes, bytes]) -> str | None:
    """The client's own request id, where it is a fit one."""
    given = headers.get(b"x-request-id")
    return given.decode() if given is not None and _REQUEST_ID.match(given) else None


def forwarded(headers: Mapping[bytes, bytes]) -> Fields:
    """The fields that travel on."""
    connection = headers.get(b"connection")
    if connection is None:
        return [field for field in headers.items() if field[0] not in _NOT_FORWARDED]
    named = _NOT_FORWARDED | _listed(connection)
    return [field for field in headers.items() if field[0] not in named]


def returned(fields: Fields) -> Fields:
    """The fields of a service's answer that travel back; their names are in lower case."""
    kept = [field for field in fields if field[0] not in _NOT_RETURNED]
    if len(kept) != len(fields):
        for name, value in fields:
            if name == b"connection":
                named = _listed(value)
                return [field for field in kept if field[0] not in named]
    return kept


def value_of(fields: Fields, name: bytes) -> bytes | None:
    """The first value of this name (in lower case)."""
    return next((value for each, value in fields if each == name), None)


def lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The fields as they are sent."""
    return b"".join([b"%b: %b\r\n" % field for field in fields])


def hardening(*, tls: bool) -> bytes:
    """What keeps browsers and caches from making more of an answer than it is (RFC 9111, RFC 6797), as it is sent.

    An answer may be kept by its client alone, and asked for again before each use; over TLS, there is no way back.
    """
    strict = b"Strict-Transport-Security: max-age=31536000\r\n" if tls else b""
    return b"X-Content-Type-Options: nosniff\r\nCache-Control: private, no-cache\r\n" + strict


def of_standing(standing: Standing, allowance: Allowance, *, unix: float) -> bytes:
    """Where the key stands (draft-ietf-httpapi-ratelimit-headers-10 beside the usual X-RateLimit-*), as it is sent."""
    remaining, reset_at = standing.remaining, standing.reset_at
    return (
        b"X-RateLimit-Limit: %d\r\nX-RateLimit-Remaining: %d\r\nX-RateLimit-Reset: %d\r\n"
        b'RateLimit-Policy: "hour";q=%d;w=3600, "burst";q=%d;w=1\r\nRateLimit: "hour";r=%d;t=%d\r\n'
        % (standing.limit, remaining, reset_at, allowance.requests, allowance.burst, remaining,
           max(0, reset_at - int(unix)))
    )  # fmt: skip


def of_deprecation(deprecated: Deprecation) -> Fields:
    """That the route will go, when, and what takes its place."""
    return [(name.encode(), value.encode()) for name, value in farewell(deprecated).items()]


def _listed(connection: bytes) -> frozenset[bytes]:
    # Host and Content-Type stay what they are, whatever a client says of them.
    return frozenset(name.strip().lower() for name in connection.split(b",")) - {b"content-type", b"host"}
