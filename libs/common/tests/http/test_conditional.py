from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from atrium_common.testing.http import ServiceUnderTest

Write = Callable[..., Awaitable[list[str]]]
PATH = "/api/v1/notes"


async def test_an_etag_is_the_version_and_a_hash_of_the_representation(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    whole = (await api.request("GET", f"{PATH}/{note_id}")).headers["ETag"]
    part = (await api.request("GET", f"{PATH}/{note_id}?fields=title")).headers["ETag"]
    assert whole.startswith('"1-')
    assert part.startswith('"1-')
    assert whole != part


async def test_the_answer_to_a_write_has_the_etag_that_a_get_has(api: ServiceUnderTest) -> None:
    made = await api.request("POST", PATH, json={"title": "a"})
    location = made.headers["Location"].removeprefix(api.base)
    assert (await api.request("GET", location)).headers["ETag"] == made.headers["ETag"]
    changed = await api.request("PATCH", location, json={"title": "b"})
    assert (await api.request("GET", location)).headers["ETag"] == changed.headers["ETag"]
    assert changed.headers["ETag"].startswith('"2-')


async def test_if_none_match_compares_all_of_the_tag(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    tag = (await api.request("GET", f"{PATH}/{note_id}")).headers["ETag"]
    for named in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = await api.request("GET", f"{PATH}/{note_id}", headers={"If-None-Match": named})
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["ETag"] == tag
    for other in ('"1-0000000000000000"', '"x"', tag.strip('"')):
        assert (await api.request("GET", f"{PATH}/{note_id}", headers={"If-None-Match": other})).status == 200


async def test_if_match_compares_the_version_only(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    tag = (await api.request("GET", f"{PATH}/{note_id}?fields=title")).headers["ETag"]
    changed = await api.request("PATCH", f"{PATH}/{note_id}", json={"title": "b"}, headers={"If-Match": tag})
    assert changed.status == 200
    stale = await api.request("PATCH", f"{PATH}/{note_id}", json={"title": "c"}, headers={"If-Match": tag})
    assert (stale.status, stale.error["code"]) == (412, "PRECONDITION_FAILED")
    assert stale.error["current_version"] == 2
    assert (await api.request("DELETE", f"{PATH}/{note_id}", headers={"If-Match": tag})).status == 412
    assert (await api.request("GET", f"{PATH}/{note_id}?fields=title")).json["data"]["title"] == "b"


@pytest.mark.parametrize(
    ("if_match", "status"),
    [("*", 200), ('"1-abc"', 200), ('W/"1-abc"', 200), ('"9-abc", "1-def"', 200), ('"9-abc"', 412), ('"not ours"', 400),
     ('"theirs"', 412), ("1-abc", 400), ("", 400), ('"1-abc', 400)],
)  # fmt: skip
async def test_if_match_takes_lists_and_refuses_what_is_no_tag(
    api: ServiceUnderTest, written: Write, if_match: str, status: int
) -> None:
    (note_id,) = await written("a")
    answer = await api.request("PATCH", f"{PATH}/{note_id}", json={}, headers={"If-Match": if_match})
    assert answer.status == status, answer.body
    if status == 400:
        assert answer.error["code"] == "INVALID_HEADER"


async def test_fields_and_includes_work_on_one_resource(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    answer: Any = (await api.request("GET", f"{PATH}/{note_id}?fields=title,kind")).json
    assert answer["data"] == {"id": note_id, "title": "a", "kind": "plain"}
    answer = (await api.request("GET", f"{PATH}/{note_id}?fields=id&include=author")).json
    assert answer["data"] == {"id": note_id, "author": {"id": "usr_operator", "of": "a"}}
    answer = (await api.request("GET", f"{PATH}/{note_id}?include=author")).json
    assert set(answer["data"]) == {
        "id", "title", "kind", "pinned", "settings", "created_at", "updated_at", "author"
    }  # fmt: skip


async def test_fields_work_on_a_bare_object_too(api: ServiceUnderTest) -> None:
    for fields in ("kind", "id,kind"):
        assert (await api.request("GET", f"{PATH}/count?kind=plain&fields={fields}")).json == {"kind": "plain"}
    refused = await api.request("GET", f"{PATH}/count?kind=plain&fields=colour")
    assert (refused.status, refused.error["details"]) == (
        422, {"fields": ["Unknown: colour. Allowed: id, kind, window."]}
    )  # fmt: skip


@pytest.mark.parametrize(("query", "field"), [("fields=colour", "fields"), ("include=owner", "include")])
async def test_unknown_fields_and_includes_are_refused_before_anything_is_loaded(
    api: ServiceUnderTest, query: str, field: str
) -> None:
    answer = await api.request("GET", f"{PATH}/there-is-none?{query}")
    assert answer.status == 422
    assert "Allowed:" in answer.error["details"][field][0]


async def test_a_deletion_has_no_body(api: ServiceUnderTest, written: Write) -> None:
    (note_id,) = await written("a")
    answer = await api.request("DELETE", f"{PATH}/{note_id}")
    assert (answer.status, answer.body) == (204, b"")
    assert "X-Request-ID" in answer.headers
    gone = await api.request("GET", f"{PATH}/{note_id}")
    assert (gone.status, gone.error["resource_type"], gone.error["resource_id"]) == (404, "note", note_id)
