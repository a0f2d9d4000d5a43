"""From a raw request to a `Call`: principal, scope, permission, query, body, in the order in which they may refuse."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiohttp import web

from atrium_common.clock import Clock
from atrium_common.errors import (
    EndpointNotFound,
    InsufficientPermissions,
    InsufficientScope,
    InvalidHeader,
    InvalidJson,
    NotAcceptable,
    PayloadTooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from atrium_common.http import headers
from atrium_common.http.body import Body, parse_object, validated, validated_parameters
from atrium_common.http.call import Call, further
from atrium_common.http.list_query import check_known, parse_list_query, parse_names
from atrium_common.http.listing import CONTEXT, ListQuery
from atrium_common.http.reply import expected_versions
from atrium_common.http.route import Route
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.principal import InvalidPrincipal, PastPrincipal, Principal, PrincipalVerifier

log = structlog.get_logger("http")

READS = frozenset({"GET", "HEAD"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?\Z")
_DEFAULT_SECONDS = 30.0
_MOST_SECONDS = 300.0
_MOST_DIGITS = 9
# JSON is UTF-8 (RFC 8259 §8.1), of which US-ASCII is a part.
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True, slots=True)
class Kit:
    """What the treatment of requests needs.

    Attributes:
        service: the service's name, for metrics and the document.
        log_every: of how many requests that went well one is logged; failures always are.
        head: the position of the newest commit of the service's log, where others may ask for it.
    """

    service: str
    verifier: PrincipalVerifier
    clock: Clock
    ids: Ids
    log_every: int = 100
    head: Callable[[], Awaitable[int]] | None = None


def request_id_of(given: Mapping[str, str], ids: Ids) -> str:
    """The client's own id where it is a fit one, else a new one."""
    wanted = given.get(headers.REQUEST_ID, "")
    return wanted if _REQUEST_ID.match(wanted) else ids.new("req")


def seconds_left(given: Mapping[str, str]) -> float:
    """How long the request may take, as the gateway says, else 30 s."""
    text = given.get(headers.DEADLINE_MS, "")
    if not text.isascii() or not text.isdigit():
        return _DEFAULT_SECONDS
    return min(int(text) / 1000, _MOST_SECONDS) if len(text) <= _MOST_DIGITS else _MOST_SECONDS


def traceparent_of(given: Mapping[str, str]) -> str:
    """The `traceparent` where it is well formed (W3C Trace Context), else empty."""
    text = given.get(headers.TRACEPARENT, "")
    return text if _TRACEPARENT.match(text) else ""


async def incoming(
    route: Route, kit: Kit, request: web.Request, *, request_id: str, deadline: float, traceparent: str
) -> Call:
    """The call that this request is.

    Raises:
        AtriumError: the first refusal that applies: principal, scope, permission, headers, query, body.
    """
    now = kit.clock.now()
    principal = _principal(kit, request, now)
    _admit(route, principal, request)
    if not accepts_json(request.headers.get("Accept", "")):
        raise NotAcceptable
    public_base = request.headers.get(headers.PUBLIC_BASE) or f"{request.scheme}://{request.host}"
    writes = request.method not in READS
    versions = expected_versions(request.headers.get("If-Match")) if writes else None
    parameters = list(request.query.items()) if request.query_string else []
    listing = _queried(route, parameters, url=f"{public_base}{request.path}", principal=principal)
    sent = await _content(request) if writes else None
    content = {} if sent is None else sent
    return Call(
        principal=principal,
        params=dict(request.match_info),
        content=content,
        query=dict(parameters),
        listing=listing,
        command_id=request.headers.get(headers.COMMAND_ID) or kit.ids.new("cmd"),
        request_id=request_id,
        if_match=versions,
        at=now,
        public_base=public_base,
        traceparent=traceparent,
        deadline=deadline,
        parsed=_parsed(route, sent) if writes else None,
    )


def accepts_json(accept: str) -> bool:
    """Whether an `Accept` header allows JSON (RFC 9110 §12.5.1); an absent one does."""
    if not accept or accept == "*/*":
        return True
    for part in accept.split(","):
        media, _, parameters = part.strip().partition(";")
        refused = re.search(r"(?:^|;)\s*q=0(?:\.0*)?\s*(?:;|$)", parameters) is not None
        if media.strip().lower() in {"*/*", "application/*", "application/json"} and not refused:
            return True
    return False


def _principal(kit: Kit, request: web.Request, now: datetime) -> Principal:
    try:
        return kit.verifier.verify(request.headers.get(headers.PRINCIPAL), now=now.timestamp())
    except PastPrincipal:
        # Nothing is wrong with the client's key, which the gateway has just looked at: our clocks differ.
        log.warning("a principal is past: the clocks of the gateway and of this service differ", path=request.path)
        raise Unavailable from None
    except InvalidPrincipal:
        raise Unauthenticated from None


def _admit(route: Route, principal: Principal, request: web.Request) -> None:
    if route.internal and principal.kind != "service":
        raise EndpointNotFound(request.path)
    if not route.internal and principal.kind == "service":
        # Clients' routes are for clients, of whom only the gateway can speak.
        raise Unauthenticated
    if not principal.allows(route.scope):
        raise InsufficientScope(route.scope, principal.scopes)
    if route.permission and not principal.permits(route.permission):
        raise InsufficientPermissions(route.permission)


def _queried(
    route: Route, parameters: Sequence[tuple[str, str]], *, url: str, principal: Principal
) -> ListQuery | None:
    """Judge the query, whether the route lists or not."""
    if route.listing is not None:
        return parse_list_query(route.listing, parameters, url=url, principal=principal)
    if route.internal:
        return None
    values = dict(parameters)
    if parameters:
        check_known(parameters, route.parameters() | CONTEXT)
    if route.single is not None and parameters:
        parse_names(values, "fields", (*route.single.fields, *route.single.includes))
        parse_names(values, "include", route.single.includes)
    if isinstance(route.query, type):
        validated_parameters(route.query, further(values, route.query))
    return None


async def _content(request: web.Request) -> JSONObject | None:
    """The body; None where nothing was sent."""
    if not request.body_exists:
        return None
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise PayloadTooLarge from None
    except web.HTTPBadRequest:
        raise InvalidHeader("The body is not encoded as Content-Encoding says.") from None
    if raw and "Content-Type" in request.headers:
        _check_media(request.content_type, (request.charset or "").lower())
    return parse_object(raw) if raw.strip() else None


def _check_media(media: str, charset: str) -> None:
    """Return if what the client says of its body is JSON in UTF-8, or what `fetch` says of a string by itself."""
    if (media, charset) == ("text/plain", "utf-8"):
        return
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise UnsupportedMediaType
    if charset and charset not in _CHARSETS:
        raise UnsupportedMediaType


def _parsed(route: Route, sent: JSONObject | None) -> Body | None:
    content = {} if sent is None else sent
    if sent is None and route.needs_body:
        raise InvalidJson("There is no body: send a JSON object.")
    if route.body is None:
        if content and not route.internal:
            raise ValidationFailed({name: ["Unknown field. This takes no body."] for name in content})
        return None
    return validated(route.body, content) if issubclass(route.body, Body) else None
