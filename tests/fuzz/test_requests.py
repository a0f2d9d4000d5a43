"""What services read of a request: bodies, queries, cursors, conditions, principals, events."""

from __future__ import annotations

import base64
import contextlib
import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from atrium_common.api_keys import digest, generate, is_well_formed
from atrium_common.bus.ports import Message
from atrium_common.clock import SystemClock, parse_rfc3339, rfc3339
from atrium_common.cloudevents import NotACloudEvent, headers_of, message_of
from atrium_common.errors import InvalidHeader, InvalidJson, ValidationFailed
from atrium_common.http.body import Body, parse_object, validated
from atrium_common.http.headers import DEADLINE_MS, REQUEST_ID, TRACEPARENT
from atrium_common.http.incoming import accepts_json, request_id_of, seconds_left, traceparent_of
from atrium_common.http.list_query import parse_list_query
from atrium_common.http.listing import Listing
from atrium_common.http.merge_patch import merge_patch
from atrium_common.http.page import BadCursor, read_cursor
from atrium_common.http.reply import expected_versions, matches_any
from atrium_common.ids import TimeOrderedIds
from atrium_common.principal import InvalidPrincipal, Principal, PrincipalSigner, PrincipalVerifier
from atrium_common.scopes import canonical, grants, is_permission, is_scope
from atrium_common.store.documents import Order
from tests.fuzz.bounded import fuzzed, json_values, nested, texts, wires

IDS = TimeOrderedIds(clock=SystemClock())
LISTING = Listing(
    ("id", "name", "created_at"),
    sortable=("created_at", "name"),
    filters={"status": ("active", "gone"), "is_active": "boolean", "size": "integer", "owner": "text", "at": "time"},
    searchable=True,
)
PRIVATE = Ed25519PrivateKey.generate()
NOW = 1_700_000_000.0


def _bodies() -> list[type[Body]]:
    for module in (
        "atrium_tenancy.http.bodies", "atrium_webhooks.http.bodies", "atrium_entitlements.http.routes",
    ):  # fmt: skip
        importlib.import_module(module)
    found = list(_below(Body))
    return sorted(found, key=lambda model: f"{model.__module__}.{model.__name__}")


def _below(model: type[Body]) -> Iterator[type[Body]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)


BODIES = _bodies()
OF_THEIR_FIELDS = {model: [field.alias or name for name, field in model.model_fields.items()] for model in BODIES}


@fuzzed(wires(b'{"name": "Acme", "settings": {"timezone": "UTC"}}', b"[1,2]", b'"\\ud800"', b'\xef\xbb\xbf{"a":1}'))
def test_a_body_is_an_object_or_refused(raw: bytes) -> None:
    with contextlib.suppress(InvalidJson):
        assert isinstance(parse_object(raw), dict)


@pytest.mark.parametrize("depth", [100, 200, 253, 254, 255, 500, 900, 1000, 1023, 1024, 1025, 100_000])
def test_a_body_nested_deeply_is_understood_or_refused(depth: int) -> None:
    for model in BODIES:
        with contextlib.suppress(InvalidJson, ValidationFailed):
            validated(model, parse_object(nested(depth)))
    with contextlib.suppress(InvalidJson):
        value = parse_object(nested(depth))
        assert merge_patch(value, value) == value


@pytest.mark.parametrize("model", BODIES, ids=lambda model: model.__name__)
def test_fields_of_every_body_are_understood_or_refused(model: type[Body]) -> None:
    names = OF_THEIR_FIELDS[model] or ["x"]

    @fuzzed(
        st.dictionaries(st.sampled_from(names), st.one_of(json_values(), texts(*_SAMPLES)), max_size=6), examples=25
    )
    def understood_or_refused(value: dict[str, Any]) -> None:
        sent = orjson.loads(orjson.dumps(_clean(value)))
        with contextlib.suppress(ValidationFailed):
            assert isinstance(validated(model, sent), model)

    cast("Any", understood_or_refused)()


_SAMPLES = (
    "2024-01-15T10:30:00Z", "https://example.com:8443/hooks?x=1", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLw==",
    "ann@example.com", "webhooks:read", "10.0.0.0/8", "::ffff:10.0.0.1/128", "workspace.created", "Europe/Berlin",
    "en_GB", "storage.bytes", "acme-corp", "admin", "monthly",
)  # fmt: skip


def _clean(value: Any) -> Any:
    """Texts as they can come over the wire: orjson refuses lone surrogates."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


@fuzzed(st.dictionaries(texts("a"), json_values()), st.dictionaries(texts("a"), json_values()), examples=25)
def test_a_merge_patch_applied_twice_is_applied_once_and_changes_neither(
    target: dict[str, Any], patch: dict[str, Any]
) -> None:
    before = (orjson.dumps(_clean(target)), orjson.dumps(_clean(patch)))
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once
    assert (orjson.dumps(_clean(target)), orjson.dumps(_clean(patch))) == before


_QUERY = st.tuples(
    st.sampled_from([*sorted(LISTING.parameters()), "other", ""]),
    texts("1", "100", "-created_at,name", "id,name", "2024-01-15", "2024-01-15T10:30:00+02:00", "true", "acme corp"),
)


@fuzzed(st.lists(_QUERY, max_size=5), examples=80)
def test_a_list_query_is_understood_or_refused_with_its_parameters_named(parameters: list[tuple[str, str]]) -> None:
    refused: set[str] = set()
    try:
        query = parse_list_query(LISTING, parameters, url="https://x/y", principal=Principal())
    except ValidationFailed as failed:
        refused = set(failed.details)
    else:
        assert 1 <= query.page.per_page <= 100
        assert query.page.links(10, None)["first"]
    assert refused <= {name for name, _ in parameters}


_ODD: list[Any] = [
    ["-created_at,_key", ["2024", "k"]], ["-created_at", ["2024", "k"]], {"-created_at": 1, "ab": 2},
    ["-created_at", {"0": 1, "1": 2}], ["-created_at", "ab"], ["-created_at", [{}, "k"]], 5, [[], []],
    ["-created_at", [1e308, "k"]], ["-created_at", [True, "k"]],
]  # fmt: skip
_CURSORS = [base64.urlsafe_b64encode(orjson.dumps(value)).decode() for value in _ODD]


@fuzzed(texts(*_CURSORS))
def test_a_cursor_is_one_or_refused(text: str) -> None:
    sort = (Order("created_at", descending=True),)
    with contextlib.suppress(BadCursor):
        values = read_cursor(text, sort)
        assert len(values) == 2
        assert isinstance(values[-1], str)


@fuzzed(texts('"3-1f0c", W/"4-ab"', "*", '"3-1f0c"'))
def test_conditions_are_understood_or_refused(text: str) -> None:
    assert matches_any(text, '"3-1f0c"') in {True, False}
    with contextlib.suppress(InvalidHeader):
        versions = expected_versions(text)
        assert versions is None or all(isinstance(version, int) for version in versions)


@fuzzed(texts("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "25000", "req_1", "text/html;q=0, */*;q=0.0"))
def test_what_accompanies_a_request_is_taken_or_left(text: str) -> None:
    assert traceparent_of({TRACEPARENT: text}) in {text, ""}
    assert 0 <= seconds_left({DEADLINE_MS: text}) <= 300
    assert 1 <= len(request_id_of({REQUEST_ID: text}, IDS)) <= 128
    assert accepts_json(text) in {True, False}


def test_a_deadline_of_more_digits_than_a_number_may_have_is_the_longest_one() -> None:
    assert seconds_left({DEADLINE_MS: "9" * 5000}) == 300


_SIGNED = PrincipalSigner("gateway1", PRIVATE).sign(Principal(user_id="usr_1", expires_at=NOW + 60))


@fuzzed(texts(_SIGNED, "v1.gateway1.e30.AAAA", "v1..."))
def test_a_principal_is_vouched_for_or_refused(token: str) -> None:
    verifier = PrincipalVerifier({"gateway1": PRIVATE.public_key()})
    try:
        verifier.verify(token, now=NOW)
    except InvalidPrincipal:
        assert token != _SIGNED
    else:
        # Base64 has spellings of one signature; what was signed is never another.
        assert token.rpartition(".")[0] == _SIGNED.rpartition(".")[0]


@fuzzed(st.dictionaries(st.sampled_from([*Principal.__dataclass_fields__, "audience", "more"]), json_values()))
def test_whatever_was_signed_is_a_principal_or_refused(claims: dict[str, Any]) -> None:
    payload = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    head = f"v1.gateway1.{payload}"
    signature = base64.urlsafe_b64encode(PRIVATE.sign(head.encode())).decode().rstrip("=")
    with contextlib.suppress(InvalidPrincipal):
        PrincipalVerifier({"gateway1": PRIVATE.public_key()}).verify(f"{head}.{signature}", now=NOW)


@fuzzed(texts(generate("live"), generate("test")))
def test_keys_scopes_and_permissions_are_judged_whatever_they_are(text: str) -> None:
    assert is_well_formed(text) in {True, False}
    assert is_scope(text) in {True, False}
    assert is_permission(text) in {True, False}
    assert isinstance(canonical(text), str)
    assert grants([text], "webhooks:read") in {True, False}
    if is_well_formed(text):
        assert len(digest(text)) == 64


_SENT = dict(
    headers_of(
        Message(
            "evt_1", "a.made", "/t", "a/1", datetime(2024, 1, 1, tzinfo=UTC), "k", {"n": 1}, workspace_id="wks_1",
            workspace_ids=("wks_1",), sequence=1, position=1, livemode=True, personal={"/n": "usr_1"},
        )
    )
)  # fmt: skip


@fuzzed(
    st.dictionaries(st.sampled_from(sorted(_SENT)), wires(*_SENT.values()), max_size=4),
    wires(b'{"n": 1}', b"[]"),
    st.one_of(st.none(), wires(b"wks_1")),
)
def test_a_record_is_a_cloudevent_or_refused(changed: dict[str, bytes], value: bytes, key: bytes | None) -> None:
    with contextlib.suppress(NotACloudEvent):
        message_of(key, [*(_SENT | changed).items()], value)


@fuzzed(texts("2024-01-15T10:30:00.000Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"))
def test_a_moment_is_one_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError, OverflowError):
        assert rfc3339(parse_rfc3339(text)).endswith("Z")
