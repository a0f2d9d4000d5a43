from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, JsonValue, field_validator

from atrium_common.errors import InvalidJson, ValidationFailed
from atrium_common.http.body import DEEPEST, MAX_BODY, Body, Moment, parse_object, validated
from atrium_common.http.merge_patch import merge_patch
from atrium_common.testing.http import ServiceUnderTest

PATH = "/api/v1/notes"


async def refused(api: ServiceUnderTest, body: object) -> Any:
    answer = await api.request("POST", PATH, json=body)
    assert answer.status == 422, answer.body
    assert answer.error["code"] == "VALIDATION_ERROR"
    assert answer.error["message"] == "Validation failed"
    return answer.error["details"]


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "title", "The title field is required."),
        ({"title": ""}, "title", "Must not be empty."),
        ({"title": "   "}, "title", "Must not be empty."),
        ({"title": "a" * 21}, "title", "Must have at most 20 characters."),
        ({"title": 5}, "title", "Must be a text."),
        ({"title": None}, "title", "Must be a text."),
        ({"title": "a", "stars": "5"}, "stars", "Must be a whole number."),
        ({"title": "a", "stars": 1.5}, "stars", "Must be a whole number."),
        ({"title": "a", "stars": True}, "stars", "Must be a whole number."),
        ({"title": "a", "stars": -1}, "stars", "Must be at least 0."),
        ({"title": "a", "kind": "green"}, "kind", "Allowed: plain, secret."),
        ({"title": "a", "settings": []}, "settings", "Must be an object."),
        ({"title": "a", "due": "soon"}, "due", "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z."),
        ({"title": "a", "due": "2024-01-15T10:30:00"}, "due", "Needs a time zone: end it with Z or an offset."),
        ({"title": "a", "authors": {}}, "authors", "Must be a list."),
        ({"title": "a", "authors": [{"name": "x"}, {}]}, "authors.1.name", "The name field is required."),
        ({"title": "a", "authors": [{"name": "x", "age": 1}]}, "authors.0.age", "Unknown field. Allowed: name."),
    ],
)
async def test_a_fault_is_told_by_dotted_field_in_words(
    api: ServiceUnderTest, body: object, field: str, message: str
) -> None:
    assert await refused(api, body) == {field: [message]}


@pytest.mark.parametrize(("depth", "status"), [(DEEPEST - 2, 201), (DEEPEST - 1, 400), (900, 400), (5000, 400)])
async def test_what_is_nested_too_deep_is_refused(api: ServiceUnderTest, depth: int, status: int) -> None:
    for opening, closing in (('{"a":', "}"), ("[", "]")):
        nested = f"{opening * depth}1{closing * depth}"
        raw = f'{{"title": "in {opening[0]}", "settings": {{"deep": {nested}}}}}'.encode()
        answer = await api.request("POST", PATH, data=raw)
        assert answer.status == status
        assert status == 201 or answer.error["code"] == "INVALID_JSON"


async def test_unknown_fields_are_refused_with_the_known_ones_named(api: ServiceUnderTest) -> None:
    details = await refused(api, {"title": "a", "colour": "red"})
    assert details == {"colour": ["Unknown field. Allowed: authors, due, kind, settings, stars, title."]}


async def test_every_fault_is_told_at_once(api: ServiceUnderTest) -> None:
    assert set(await refused(api, {"stars": -1, "x": 1})) == {"title", "stars", "x"}


async def test_texts_are_trimmed(api: ServiceUnderTest) -> None:
    answer = await api.request("POST", PATH, json={"title": "  a  "})
    assert answer.json["data"]["title"] == "a"


@pytest.mark.parametrize("raw", [b"{", b"nul", b'{"a": NaN}', b'"\\ud800"', b"\xff", b"[" * 5000])
async def test_what_is_no_json_is_refused_with_the_place(api: ServiceUnderTest, raw: bytes) -> None:
    answer = await api.request("POST", PATH, data=raw, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.error["code"]) == (400, "INVALID_JSON")
    assert "line 1" in str(answer.error["message"])


@pytest.mark.parametrize("raw", [b"[]", b"5", b"null", b'"text"', b"true"])
async def test_what_is_no_object_is_refused(api: ServiceUnderTest, raw: bytes) -> None:
    answer = await api.request("POST", PATH, data=raw)
    assert (answer.status, answer.error["code"]) == (400, "INVALID_JSON")


@pytest.mark.parametrize("raw", [None, b"", b" \n"])
@pytest.mark.parametrize(("method", "path"), [("POST", PATH), ("PATCH", f"{PATH}/x")])
async def test_where_a_body_must_be_none_is_no_json(
    api: ServiceUnderTest, raw: bytes | None, method: str, path: str
) -> None:
    answer = await api.request(method, path, data=raw)
    assert (answer.status, answer.error["code"]) == (400, "INVALID_JSON")


async def test_the_references_fetch_which_names_no_media_type_is_taken(api: ServiceUnderTest) -> None:
    # The type is what `fetch` puts before a string by itself.
    headers = {"Content-Type": "text/plain;charset=UTF-8"}
    answer = await api.request("POST", PATH, data=b'{"title": "a"}', headers=headers)
    assert answer.status == 201


@pytest.mark.parametrize("media", [
    "text/plain", "text/plain; charset=latin-1", "text/html;charset=UTF-8",
    "application/x-www-form-urlencoded", "multipart/form-data", "json",
    "application/json; charset=latin-1", 'application/json; charset="UTF-16"',
])  # fmt: skip
async def test_another_media_type_is_refused(api: ServiceUnderTest, media: str) -> None:
    answer = await api.request("POST", PATH, data=b'{"title": "a"}', headers={"Content-Type": media})
    assert (answer.status, answer.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json;charset="UTF8"',
        "application/merge-patch+json",
    ],
)
async def test_json_by_any_of_its_names_is_taken(api: ServiceUnderTest, media: str) -> None:
    answer = await api.request("POST", PATH, data=b'{"title": "a"}', headers={"Content-Type": media})
    assert answer.status == 201


async def test_a_body_without_a_media_type_is_taken_as_json(api: ServiceUnderTest) -> None:
    assert (await api.request("POST", PATH, data=b'{"title": "a"}')).status == 201


async def test_a_body_over_one_mebibyte_is_refused_and_one_of_that_size_is_read(api: ServiceUnderTest) -> None:
    frame = b'{"title": "a", "settings": {"x": "%s"}}'
    room = MAX_BODY - len(frame) + 2
    too_large = await api.request("POST", PATH, data=frame % (b"a" * (room + 1)))
    assert (too_large.status, too_large.error["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert (await api.request("POST", PATH, data=frame % (b"a" * room))).status == 201


async def test_a_route_without_a_body_refuses_fields_and_bears_an_empty_object(api: ServiceUnderTest) -> None:
    refused = await api.request("POST", f"{PATH}/x/archive", json={"reason": "x"})
    assert refused.status == 422
    assert set(refused.error["details"]) == {"reason"}
    assert (await api.request("POST", f"{PATH}/x/archive", json={})).status == 409
    assert (await api.request("POST", f"{PATH}/x/archive")).status == 409


async def test_null_and_absent_are_told_apart(api: ServiceUnderTest, written: Callable[..., Any]) -> None:
    (note_id,) = await written("a", settings={"x": 1, "y": {"z": 1}})
    assert (await api.request("PATCH", f"{PATH}/{note_id}", json={"title": None})).status == 422
    answer = await api.request("PATCH", f"{PATH}/{note_id}", json={"settings": {"x": None, "y": {"w": 2}}})
    assert answer.json["data"]["settings"] == {"y": {"z": 1, "w": 2}}
    assert answer.json["data"]["title"] == "a"


class Circle(Body):
    kind: Literal["circle"]
    radius: int


class Square(Body):
    kind: Literal["square"]
    side: int

    @field_validator("side")
    @classmethod
    def _even(cls, side: int) -> int:
        if side % 2:
            raise ValueError("Must be even")
        return side


class Drawing(Body):
    shape: Circle | Square = Field(discriminator="kind")
    sizes: dict[str, list[int | bool]] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"shape": {"kind": "circle"}}, {"shape.radius": ["The radius field is required."]}),
        ({"shape": {"kind": "square", "side": 3}}, {"shape.side": ["Must be even."]}),
        ({"shape": {"kind": "square", "side": 2, "x": 1}}, {"shape.x": ["Unknown field."]}),
        (
            {"shape": {"kind": "circle", "radius": 1}, "sizes": {"a.b": [1, "x"]}},
            {"sizes.a.b.1": ["Must be a whole number.", "Must be true or false."]},
        ),
    ],
)
def test_the_steps_of_unions_are_no_part_of_a_field(body: Any, expected: object) -> None:
    with pytest.raises(ValidationFailed) as caught:
        validated(Drawing, body)
    assert caught.value.details == expected


class Rated(Body):
    title: str
    stars: int
    settings: dict[str, JsonValue] = Field(default_factory=dict)


def test_a_whole_number_is_one_however_it_is_written_and_free_values_stay_as_they_are() -> None:
    # JSON knows numbers alone: to JSON Schema, and so to the published document, 5.0 and 5e0 are integers.
    drawing = validated(Drawing, {"shape": {"kind": "square", "side": 4.0}, "sizes": {"a.b": [1e2, True, 3]}})
    assert drawing.shape == Square(kind="square", side=4)
    assert drawing.sizes == {"a.b": [100, True, 3]}
    sent: Any = {"title": "a", "stars": 5.0, "settings": {"kept": 1.0}}
    note = validated(Rated, sent)
    assert (note.stars, type(note.stars), type(note.settings["kept"])) == (5, int, float)
    assert type(sent["stars"]) is float
    for unfit in (1.5, 2.0**60):
        with pytest.raises(ValidationFailed) as caught:
            validated(Rated, {"title": "a", "stars": unfit})
        assert caught.value.details == {"stars": ["Must be a whole number."]}
    with pytest.raises(ValidationFailed) as both:
        validated(Rated, {"stars": 5.0})
    assert set(both.value.details) == {"title"}


class Named(Body):
    slug: Annotated[str, Field(pattern="^[a-z]+(-[a-z]+)*$", examples=["acme-corp"])] | None = None
    code: str = Field(default="a", pattern="^[a-z]+$")
    hours: float = Field(default=0, ge=0, le=720)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"slug": "Acme"}, {"slug": ["Must match ^[a-z]+(-[a-z]+)*$, like acme-corp."]}),
        ({"code": "Acme"}, {"code": ["Must match ^[a-z]+$."]}),
        ({"hours": -1}, {"hours": ["Must be at least 0."]}),
        ({"hours": 721}, {"hours": ["Must be at most 720."]}),
    ],
)
def test_a_fault_is_told_with_an_example_and_in_plain_numbers(body: Any, expected: object) -> None:
    with pytest.raises(ValidationFailed) as caught:
        validated(Named, body)
    assert caught.value.details == expected


class Ending(Body):
    at: Moment | None = None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1893456000", "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z."),
        ("2030", "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z."),
        ("2030-01-01", "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z."),
        (1893456000, "Must be an ISO 8601 time, like 2024-01-15T10:30:00Z."),
        ("2030-01-01T00:00:00", "Needs a time zone: end it with Z or an offset."),
        ("9999-12-31T23:59:59-12:00", "Must lie in the years 1 to 9999, in UTC."),
    ],
)
def test_a_number_is_no_moment_and_the_fault_says_what_is_one(text: Any, message: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        validated(Ending, {"at": text})
    assert caught.value.details == {"at": [message]}


@pytest.mark.parametrize("text", ["2030-01-01T02:00:00+02:00", "2030-01-01t00:00:00z", "2030-01-01 00:00Z"])
def test_a_moment_is_told_in_utc(text: str) -> None:
    assert validated(Ending, {"at": text}).at == datetime(2030, 1, 1, tzinfo=UTC)
    assert validated(Ending, {"at": None}).at is None


def test_only_what_was_sent_is_sent() -> None:
    assert validated(Drawing, {"shape": {"kind": "circle", "radius": 1}}).sent() == {
        "shape": Circle(kind="circle", radius=1)
    }


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # RFC 7396, appendix A, those whose target and patch are objects.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_says(target: Any, patch: Any, result: object) -> None:
    assert merge_patch(target, patch) == result


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"a":' * 65 + b"1" + b"}" * 65, "64 deep"),
        (b'{"a": ' + b"[" * 1000 + b"]" * 1000 + b"}", "64 deep"),
        (b'{"a": [{"b\\u0000c": 1}]}', "NUL"),
        (b'{"a": [9223372036854775808]}', "64 bits"),
        (b'{"a": 18446744073709551615}', "64 bits"),
        (b'{"a": [{"b": -123456789012345678901234567890}]}', "64 bits"),
        (b'{"a": ' + b"9" * 300 + b"}", "64 bits"),
    ],
)
def test_what_no_store_can_hold_is_refused_at_the_door(raw: bytes, told: str) -> None:
    with pytest.raises(InvalidJson, match=told):
        parse_object(raw)


def test_what_every_store_holds_is_let_through() -> None:
    edge = b'{"a": 9223372036854775807, "b": -9223372036854775808, "c": "x\\u0000y", "d": "99999999999999999999"}'
    assert parse_object(edge) == {"a": 2**63 - 1, "b": -(2**63), "c": "x\0y", "d": "9" * 20}
    assert parse_object(b'{"a": 100000000000000000000, "b": [-123456789012345680000]}') == {
        "a": 1e20,
        "b": [-1.2345678901234568e20],
    }
    assert parse_object(b'{"a": 0.12345678901234567890123, "b": 1e30}') == {"a": 0.12345678901234567890123, "b": 1e30}
    assert parse_object(b'{"a":' * 64 + b"1" + b"}" * 64)
