import pytest

from atrium_common.errors import ValidationFailed
from atrium_common.http.listing import Listing, parse_list_query, words
from atrium_common.store.documents import Any as AnyVersion
from atrium_common.store.documents import Collection, Condition, Document, Put
from atrium_common.store.memory import MemoryStore

LISTING = Listing(
    fields=("id", "name", "created_at"),
    sortable=("created_at", "name"),
    filters={"status": ("active", "suspended"), "is_default": "boolean"},
    searchable=True,
)
URL = "https://api.example.com/api/v1/things"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"), ("page", "x"), ("per_page", "101"), ("per_page", "0"), ("sort", "colour"), ("sort", ""),
        ("fields", "secret"), ("status", "gone"), ("is_default", "maybe"), ("created_after", "yesterday"),
        ("search", "-"), ("cursor", "nonsense"), ("colour", "red"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        parse_list_query(LISTING, [(name, value)], url=URL)
    assert set(refusal.value.details) == {name}


def test_page_and_cursor_together_are_refused() -> None:
    with pytest.raises(ValidationFailed):
        parse_list_query(LISTING, [("page", "1"), ("cursor", "")], url=URL)


def test_filters_bounds_and_words_become_conditions() -> None:
    asked = [("status", "active"), ("created_after", "2024-01-01"), ("search", "Äcme Co")]
    assert parse_list_query(LISTING, asked, url=URL).where == (
        Condition("status", "eq", "active"),
        Condition("created_at", "gt", "2024-01-01T00:00:00.000Z"),
        Condition("words", "prefix", "acme"),
        Condition("words", "prefix", "co"),
    )


def test_words_lose_case_and_accents() -> None:
    assert words("Zoë's Straße", "zoe") == ["zoe", "s", "strasse"]


async def test_pages_by_number_and_by_cursor_show_everything_once() -> None:
    store = MemoryStore()
    await store.open([Collection("things")])
    for number in range(7):
        body = {"id": f"t{number}", "created_at": f"2024-01-0{1 + number // 2}"}
        await store.documents.write([Put("things", f"t{number}", dict(body), 1, AnyVersion())])

    async def page(**asked: str) -> dict[str, object]:
        query = parse_list_query(LISTING, list({"per_page": "3", **asked}.items()), url=URL)
        reply = await query.reply(store.documents, "things", where=(), render=_shown)
        assert isinstance(reply.body, dict)
        return dict(reply.body)

    first = await page()
    assert first["meta"] == {
        "current_page": 1, "per_page": 3, "total": 7, "last_page": 3, "from": 1, "to": 3,
        "next_cursor": first["meta"]["next_cursor"],  # type: ignore[index]
    }  # fmt: skip
    assert first["links"] == {
        "first": f"{URL}?per_page=3&page=1",
        "last": f"{URL}?per_page=3&page=3",
        "prev": None,
        "next": f"{URL}?per_page=3&page=2",
    }
    by_number = [item for number in "123" for item in _ids(await page(page=number))]
    by_cursor, cursor = _ids(first), first["meta"]["next_cursor"]  # type: ignore[index]
    while cursor:
        following = await page(cursor=cursor)
        by_cursor += _ids(following)
        cursor = following["meta"]["next_cursor"]  # type: ignore[index]
    assert by_number == by_cursor == ["t6", "t5", "t4", "t3", "t2", "t1", "t0"]
    empty = await page(search="nothing")
    assert (empty["data"], empty["meta"]["last_page"], empty["meta"]["total"]) == ([], 1, 0)  # type: ignore[index]


def _shown(document: Document) -> dict[str, object]:
    return dict(document.body)


def _ids(page: dict[str, object]) -> list[str]:
    return [item["id"] for item in page["data"]]  # type: ignore[attr-defined]
