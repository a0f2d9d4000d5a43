from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from atrium_common.http.list_query import parse_list_query
from atrium_common.http.listing import Listing, words
from atrium_common.store.documents import Order
from atrium_common.testing.http import OPERATOR, ServiceUnderTest

Write = Callable[..., Awaitable[list[str]]]
PATH = "/api/v1/notes"


async def listed(api: ServiceUnderTest, query: str = "") -> Any:
    answer = await api.request("GET", f"{PATH}{query}")
    assert answer.status == 200, answer.body
    return answer.json


async def titles(api: ServiceUnderTest, query: str = "") -> list[str]:
    return [note["title"] for note in (await listed(api, query))["data"]]


async def test_an_empty_list_is_page_one_of_one(api: ServiceUnderTest) -> None:
    page = await listed(api)
    assert page["data"] == []
    assert page["meta"] == {
        "current_page": 1, "per_page": 15, "total": 0, "last_page": 1, "from": None, "to": None, "next_cursor": None
    }  # fmt: skip
    base = f"{api.base}{PATH}"
    assert page["links"] == {"first": f"{base}?page=1", "last": f"{base}?page=1", "prev": None, "next": None}


async def test_the_newest_come_first_unless_asked_otherwise(api: ServiceUnderTest, written: Write) -> None:
    await written("a", "b", "c")
    assert await titles(api) == ["c", "b", "a"]
    assert await titles(api, "?sort=created_at") == ["a", "b", "c"]


async def test_pages_tell_where_they_are_and_keep_the_other_parameters(api: ServiceUnderTest, written: Write) -> None:
    await written("a", "b", "c", "d", "e")
    page = await listed(api, "?page=2&per_page=2&sort=title&kind=plain")
    assert [note["title"] for note in page["data"]] == ["c", "d"]
    meta = page["meta"]
    assert (meta["current_page"], meta["per_page"], meta["total"], meta["last_page"]) == (2, 2, 5, 3)
    assert (meta["from"], meta["to"]) == (3, 4)
    base = f"{api.base}{PATH}?per_page=2&sort=title&kind=plain"
    assert page["links"] == {
        "first": f"{base}&page=1", "last": f"{base}&page=3", "prev": f"{base}&page=1", "next": f"{base}&page=3"
    }  # fmt: skip


async def test_links_are_absolute_under_the_public_base_that_the_gateway_tells(api: ServiceUnderTest) -> None:
    answer = await api.request("GET", PATH, headers={"X-Public-Base": "https://api.example.com"})
    assert answer.json["links"]["first"] == "https://api.example.com/api/v1/notes?page=1"


async def test_a_page_behind_the_last_is_empty_and_leads_back(api: ServiceUnderTest, written: Write) -> None:
    await written("a")
    page = await listed(api, "?page=9")
    assert page["data"] == []
    assert (page["meta"]["from"], page["meta"]["to"], page["links"]["next"]) == (None, None, None)
    assert page["links"]["prev"].endswith("page=1")


@pytest.mark.parametrize("sort", ["", "&sort=kind", "&sort=-kind,title", "&sort=id", "&sort=-id", "&sort=kind,-id"])
async def test_cursors_walk_through_everything_once_in_the_order_of_pages(
    api: ServiceUnderTest, written: Write, sort: str
) -> None:
    await written("a", "b", "c", kind="secret")
    await written("d", "e", "f", "g")
    whole = await titles(api, f"?per_page=100{sort}")
    walked: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await listed(api, f"?per_page=2{sort}&cursor={cursor}")
        walked += [note["title"] for note in page["data"]]
        cursor = page["meta"]["next_cursor"]
    assert walked == whole
    assert len(set(walked)) == 7


async def test_a_cursor_neither_repeats_nor_skips_when_others_write_meanwhile(
    api: ServiceUnderTest, written: Write
) -> None:
    await written("a", "b", "c", "d")
    first = await listed(api, "?per_page=2")
    await written("e", "f")
    second = await listed(api, f"?per_page=2&cursor={first['meta']['next_cursor']}")
    assert [note["title"] for note in (*first["data"], *second["data"])] == ["d", "c", "b", "a"]


async def test_the_first_page_by_number_already_has_a_cursor(api: ServiceUnderTest, written: Write) -> None:
    await written("a", "b", "c")
    page = await listed(api, "?per_page=2")
    rest = await listed(api, f"?per_page=2&cursor={page['meta']['next_cursor']}")
    assert [note["title"] for note in rest["data"]] == ["a"]
    assert rest["meta"]["next_cursor"] is None


async def test_following_the_links_of_a_cursor_reaches_the_end(api: ServiceUnderTest, written: Write) -> None:
    await written("a", "b", "c")
    seen: list[str] = []
    address: str | None = "?cursor=&per_page=1&sort=title"
    while address is not None:
        page = await listed(api, address)
        seen += [note["title"] for note in page["data"]]
        following = page["links"]["next"]
        address = None if following is None else following.removeprefix(f"{api.base}{PATH}")
    assert seen == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("page=0", "page", "from 1"),
        ("page=-1", "page", "from 1"),
        ("page=x", "page", "from 1"),
        ("page=٣", "page", "from 1"),
        ("page=99999999999999999999", "page", "from 1"),
        ("per_page=0", "per_page", "1 to 100"),
        ("per_page=101", "per_page", "1 to 100"),
        ("per_page=1.5", "per_page", "1 to 100"),
        ("page=2&cursor=", "cursor", "page or cursor"),
        ("cursor=abc", "cursor", "Not a cursor"),
        ("cursor=%F0%9F%98%80", "cursor", "Not a cursor"),
        ("cursor=eyJhIjoxfQ", "cursor", "Not a cursor"),
        ("sort=color", "sort", "created_at, id, kind, title"),
        ("sort=", "sort", "created_at, id, kind, title"),
        ("sort=title,-title", "sort", "more than once"),
        ("fields=id,color", "fields", "author, created_at, id"),
        ("fields=", "fields", "(empty)"),
        ("include=owner", "include", "Allowed: author"),
        ("kind=green", "kind", "plain, secret"),
        ("pinned=yes", "pinned", "true, false"),
        ("title=", "title", "empty"),
        ("created_after=yesterday", "created_after", "ISO 8601"),
        ("created_before=2024-13-01", "created_before", "ISO 8601"),
        ("updated_after=", "updated_after", "ISO 8601"),
        ("updated_before=0001-01-01T00:00:00%2B14:00", "updated_before", "ISO 8601"),
        ("written_since=soon", "written_since", "ISO 8601"),
        ("search=", "search", "words"),
        ("search=" + "+".join(f"w{n}" for n in range(11)), "search", "words"),
        ("color=red", "color", "per_page, pinned, search, sort"),
        ("status=active", "status", "Unknown parameter"),
        ("page=1&page=2", "page", "more than once"),
    ],
)
async def test_an_unfit_parameter_is_refused_with_what_would_be_fit(
    api: ServiceUnderTest, query: str, field: str, told: str
) -> None:
    answer = await api.request("GET", f"{PATH}?{query}")
    assert answer.status == 422
    assert answer.error["code"] == "VALIDATION_ERROR"
    assert told in answer.error["details"][field][0]


async def test_every_unfit_parameter_is_named_at_once(api: ServiceUnderTest) -> None:
    answer = await api.request("GET", f"{PATH}?page=0&per_page=0&sort=x&kind=x&fields=x")
    assert set(answer.error["details"]) == {"page", "per_page", "sort", "kind", "fields"}


async def test_a_cursor_of_another_order_is_refused(api: ServiceUnderTest, written: Write) -> None:
    await written("a", "b")
    page = await listed(api, "?per_page=1&sort=title")
    answer = await api.request("GET", f"{PATH}?per_page=1&sort=-title&cursor={page['meta']['next_cursor']}")
    assert answer.status == 422


async def test_filters_hold_together(api: ServiceUnderTest, written: Write) -> None:
    await written("!one", "two")
    await written("!three", kind="secret")
    assert await titles(api, "?pinned=true&sort=title") == ["!one", "!three"]
    assert await titles(api, "?pinned=1&kind=secret") == ["!three"]
    assert await titles(api, "?pinned=false") == ["two"]
    assert await titles(api, "?title=two") == ["two"]


async def test_a_filter_of_the_handlers_own_reaches_the_handler(api: ServiceUnderTest) -> None:
    assert (await api.request("GET", f"{PATH}?own=true")).status == 409
    assert (await api.request("GET", f"{PATH}?own=false")).status == 200


async def test_the_bounds_of_times_are_exclusive_and_take_dates_and_offsets(
    api: ServiceUnderTest, written: Write
) -> None:
    await written("a", "b", "c")
    moment = (await listed(api, "?title=b"))["data"][0]["created_at"]
    assert await titles(api, f"?created_after={moment}") == ["c"]
    assert await titles(api, f"?created_before={moment}") == ["a"]
    assert await titles(api, f"?written_since={moment}") == ["c", "b"]
    assert await titles(api, "?created_after=2026-01-15") == ["c", "b", "a"]
    assert await titles(api, "?updated_before=2026-01-15") == []
    # 10:30:02Z, said from two hours east, with a plus sign that was not escaped.
    assert await titles(api, "?created_after=2026-01-15T12:30:02+02:00") == ["c"]
    # RFC 3339 takes small letters too.
    assert await titles(api, f"?created_after={moment.lower()}") == ["c"]


@pytest.mark.parametrize("search", ["caf", "CAFÉ", "cafe+pi", "pier+café"])
async def test_each_word_of_a_search_begins_a_word_whatever_case_and_accents(
    api: ServiceUnderTest, written: Write, search: str
) -> None:
    await written("Café at the pier", "Pier 9", "afternoon")
    assert await titles(api, f"?search={search}") == ["Café at the pier"]


async def test_fields_gives_those_and_the_id(api: ServiceUnderTest, written: Write) -> None:
    await written("a")
    assert set((await listed(api, "?fields=title"))["data"][0]) == {"id", "title"}
    assert set((await listed(api, "?fields=id,%20title"))["data"][0]) == {"id", "title"}


async def test_includes_are_loaded_once_for_a_whole_page_for_this_caller(
    api: ServiceUnderTest, written: Write, notes: Any
) -> None:
    await written("a", "b", "c")
    page = await listed(api, "?include=author&fields=kind")
    assert notes.includes == [3]
    assert page["data"][0] == {
        "id": page["data"][0]["id"], "kind": "plain", "author": {"id": OPERATOR.user_id, "of": "c"}
    }  # fmt: skip


async def test_a_list_in_memory_is_asked_like_any_other() -> None:
    listing = Listing(("code", "name"), sortable=("name",), filters={"kind": ("a", "b")}, times=False, searchable=True)
    catalogue: list[Any] = [
        {"code": f"c{n}", "name": f"Name {n}", "kind": "ab"[n % 2], "words": words(f"Name {n}")} for n in range(5)
    ]
    parameters = [("kind", "a"), ("sort", "-name"), ("per_page", "2"), ("search", "nam")]
    query = parse_list_query(listing, parameters, url="http://x/c", principal=OPERATOR)
    body: Any = (await query.reply_from(catalogue, key="code")).body
    assert [item["code"] for item in body["data"]] == ["c4", "c2"]
    assert "words" not in body["data"][0]
    assert body["meta"]["total"] == 3
    following = parse_list_query(
        listing, [*parameters, ("cursor", body["meta"]["next_cursor"])], url="http://x/c", principal=OPERATOR
    )
    rest: Any = (await following.reply_from(catalogue, key="code")).body
    assert [item["code"] for item in rest["data"]] == ["c0"]


def test_a_list_without_times_is_sorted_by_id_and_takes_no_bounds() -> None:
    listing = Listing(("code",), sortable=("code",), times=False)
    assert parse_list_query(listing, [], url="", principal=OPERATOR).sort == ()
    assert parse_list_query(listing, [("sort", "-id")], url="", principal=OPERATOR).sort == (Order("_key", True),)
    assert "created_after" not in listing.parameters()


def test_words_are_folded_and_each_kept_once() -> None:
    assert words("Straße STRASSE", "a_b-c", None, "Ünï") == ["strasse", "a", "b", "c", "uni"]
