"""What every collection of documents must prove."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import (
    Absent,
    Any,
    Collection,
    Condition,
    Delete,
    Guard,
    Index,
    Is,
    Newer,
    Order,
    Put,
    Query,
    Selected,
)
from atrium_common.store.ports import Documents
from atrium_common.testing.clock import START, FakeClock

THINGS = Collection("things", (Index(("owner", "created_at")), Index(("n",))), frozenset({"words"}))
OTHERS = Collection("others")


def put(key: str, body: JSONObject | None = None, *, version: int = 1, guard: Guard | None = None) -> Put:
    """A put, guarded `Any` unless told otherwise."""
    return Put("things", key, body or {}, version, guard or Any())


class DocumentsConformance:
    """Inherit, and give fixtures `documents` (with THINGS and OTHERS declared) and `clock`, which they share."""

    async def test_what_was_put_is_there_and_what_was_deleted_is_not(self, documents: Documents) -> None:
        body: JSONObject = {"a": 1, "b": [1, {"c": None}], "text": "ä€", "yes": True}
        assert list(await documents.write([put("k", body), put("l")])) == [True, True]
        found = await documents.get("things", "k")
        assert found is not None
        assert (found.body, found.version) == (body, 1)
        assert set(await documents.get_many("things", ["k", "l", "m"])) == {"k", "l"}
        await documents.write([Delete("things", "k", 0, Any())])
        assert await documents.get("things", "k") is None

    async def test_names_that_mean_something_to_a_server_come_back_as_they_were(self, documents: Documents) -> None:
        body: JSONObject = {
            "plain": {"$ref": "others", "$id": "x"},
            "deep": [1, {"settings": {"$ref": "#/a", "$id": "b", "$db": "c", "more": None}}],
            "words": ["$ref"],
            "rest": {"$set": {"a.b": 1}, "": {}},
            "text": {"~json": "{"},
        }
        assert list(await documents.write([put("k", body), put("l", body, guard=Absent())])) == [True, True]
        assert list(await documents.write([put("l", {**body, "n": 1}, version=2, guard=Is(1))])) == [True]
        assert [document.body for document in await documents.query("things", Query())] == [body, {**body, "n": 1}]
        found = await documents.get("things", "k")
        assert found is not None
        assert found.body == body

    @pytest.mark.parametrize(
        ("guard", "version", "done"),
        [(Any(), 1, True), (Absent(), 9, False), (Is(5), 6, True), (Is(4), 6, False), (Newer(), 6, True),
         (Newer(), 5, False), (Newer(), 4, False)],
    )  # fmt: skip
    async def test_a_guard_decides_over_what_is_there(
        self, documents: Documents, guard: Guard, version: int, done: bool
    ) -> None:
        await documents.write([put("k", {"old": 1}, version=5)])
        assert list(await documents.write([put("k", {"new": 1}, version=version, guard=guard)])) == [done]
        found = await documents.get("things", "k")
        assert found is not None
        assert found.body == ({"new": 1} if done else {"old": 1})

    @pytest.mark.parametrize(("guard", "done"), [(Any(), True), (Absent(), True), (Is(1), False), (Newer(), True)])
    async def test_a_guard_decides_over_nothing(self, documents: Documents, guard: Guard, done: bool) -> None:
        assert list(await documents.write([put("k", version=2, guard=guard)])) == [done]

    async def test_a_tombstone_keeps_an_older_write_out_and_counts_as_absent(self, documents: Documents) -> None:
        await documents.write([put("k", version=3), Delete("things", "k", 4, Newer())])
        assert await documents.get("things", "k") is None
        assert list(await documents.write([put("k", version=4, guard=Newer())])) == [False]
        assert list(await documents.write([put("k", version=5, guard=Newer())])) == [True]
        await documents.write([Delete("things", "k", 9, Newer())])
        assert list(await documents.write([put("k", version=1, guard=Absent())])) == [True]

    async def test_of_racing_writers_over_one_version_one_wins(self, documents: Documents) -> None:
        await documents.write([put("k")])
        results = await asyncio.gather(
            *(documents.write([put("k", {"by": n}, version=2, guard=Is(1))]) for n in range(8)),
            *(documents.write([put("new", {"by": n}, guard=Absent())]) for n in range(8)),
        )
        assert sum(result[0] for result in results[:8]) == 1
        assert sum(result[0] for result in results[8:]) == 1

    async def test_of_many_writes_at_once_each_is_told_apart(self, documents: Documents, clock: FakeClock) -> None:
        soon = clock.now() + timedelta(seconds=1)
        await documents.write([put(key, version=5) for key in ("newer", "older", "is", "is not", "there", "gone")])
        await documents.write([put("taken", {"n": 9}, version=6)])
        lapsed = Put("things", "lapsed", {}, 9, Any(), soon)
        await documents.write([lapsed, Delete("things", "buried", 7, Any()), Delete("things", "dead", 7, Any())])
        clock.advance(2)
        wanted: list[tuple[Put | Delete, bool]] = [
            (put("newer", {"n": 1}, version=6, guard=Newer()), True),
            (put("older", {"n": 1}, version=5, guard=Newer()), False),
            (put("buried", {"n": 1}, version=7, guard=Newer()), False),
            (put("there", {"n": 1}, guard=Absent()), False),
            (put("dead", {"n": 1}, guard=Absent()), True),
            (put("lapsed", {"n": 1}, guard=Absent()), True),
            (put("new", {"n": 1}, guard=Absent()), True),
            (put("new", {"n": 2}, version=2, guard=Absent()), False),
            (put("new", {"n": 3}, version=2, guard=Is(1)), True),
            (put("is", {"n": 1}, version=6, guard=Is(5)), True),
            (put("is not", {"n": 1}, version=6, guard=Is(4)), False),
            (put("taken", {"n": 1}, version=6, guard=Is(5)), False),
            (put("nothing", {"n": 1}, guard=Is(1)), False),
            (Delete("things", "gone", 0, Is(4)), False),
            (Delete("things", "gone", 0, Is(5)), True),
            (Delete("things", "nothing", 0, Any()), True),
            (put("gone", {"n": 1}), True),
        ]
        assert list(await documents.write([write for write, _ in wanted])) == [done for _, done in wanted]
        found = await documents.get_many("things", list({write.key for write, _ in wanted}))
        assert {key: each.body.get("n") for key, each in found.items()} == {
            "newer": 1, "older": None, "there": None, "dead": 1, "lapsed": 1, "new": 3, "is": 1, "is not": None,
            "taken": 9,
            "gone": 1,
        }  # fmt: skip

    async def test_what_has_expired_is_invisible_at_once(self, documents: Documents, clock: FakeClock) -> None:
        expires_at = START + timedelta(seconds=10)
        await documents.write([Put("things", "k", {"n": 1}, 7, Any(), expires_at)])
        assert await documents.count("things") == 1
        clock.advance(10)
        assert await documents.get("things", "k") is None
        assert not await documents.query("things", Query())
        assert await documents.count("things") == 0
        assert await documents.bump("things", "k", add={"n": 1}) is None
        assert list(await documents.write([put("k", version=1, guard=Newer())])) == [True]

    async def test_bump_adds_within_its_bounds_and_never_passes_them(self, documents: Documents) -> None:
        await documents.write([put("k", {"used": 0, "window": "w"})])
        results = await asyncio.gather(
            *(
                documents.bump("things", "k", add={"used": 3}, ceiling={"used": 20}, match={"window": "w"})
                for _ in range(9)
            )
        )
        assert sum(result is not None for result in results) == 6
        assert await documents.bump("things", "k", add={"used": -19}, floor={"used": 0}) is None
        assert await documents.bump("things", "k", add={"used": 1}, match={"window": "v"}) is None
        found = await documents.bump("things", "k", add={"used": -18, "fresh": 2}, floor={"used": 0})
        assert found is not None
        assert (found.body["used"], found.body["fresh"], found.version) == (0, 2, 8)
        assert await documents.bump("things", "none", add={"used": 1}) is None

    async def test_conditions_mean_what_they_say(self, documents: Documents) -> None:
        rows: list[JSONObject] = [
            {"n": 1, "t": "apple", "words": ["red", "fruit"], "yes": True},
            {"n": 2, "t": "apricot", "words": ["fruit"], "yes": False},
            {"n": 3, "t": None, "words": []},
            {"t": "banana"},
        ]
        await documents.write([put(f"k{n}", row) for n, row in enumerate(rows)])
        expected: list[tuple[Condition, set[str]]] = [
            (Condition("n", "eq", 2), {"k1"}),
            (Condition("n", "in", (1, 3)), {"k0", "k2"}),
            (Condition("n", "gt", 1), {"k1", "k2"}),
            (Condition("n", "lte", 2), {"k0", "k1"}),
            (Condition("t", "prefix", "ap"), {"k0", "k1"}),
            (Condition("t", "eq", None), {"k2"}),
            (Condition("n", "eq", None), {"k3"}),
            (Condition("t", "ne", "apple"), {"k1", "k2", "k3"}),
            (Condition("words", "eq", "red"), {"k0"}),
            (Condition("words", "prefix", "fru"), {"k0", "k1"}),
            (Condition("words", "in", ("red", "none")), {"k0"}),
            (Condition("yes", "eq", True), {"k0"}),
            (Condition("_key", "in", ("k1", "k9")), {"k1"}),
        ]
        for condition, keys in expected:
            found = await documents.query("things", Query((condition,)))
            assert {document.key for document in found} == keys, condition
            assert await documents.count("things", [condition]) == len(keys), condition

    @pytest.mark.parametrize("descending", [False, True])
    async def test_cursor_pages_never_repeat_or_skip(self, documents: Documents, descending: bool) -> None:
        values = [3, 1, None, 2, 2, None, 1, 3, 2]
        await documents.write([put(f"k{n}", {"n": value}) for n, value in enumerate(values)])
        sort = (Order("n", descending),)
        whole = [document.key for document in await documents.query("things", Query(sort=sort))]
        assert len(set(whole)) == len(values)
        paged: list[str] = []
        query = Query(sort=sort, limit=2)
        while page := await documents.query("things", query):
            paged += [document.key for document in page]
            last = page[-1]
            value = last.body["n"]
            assert value is None or isinstance(value, int)
            query = Query(sort=sort, limit=2, after=(value, last.key))
        assert paged == whole
        skipped = await documents.query("things", Query(sort=sort, skip=4, limit=3))
        assert [document.key for document in skipped] == whole[4:7]

    async def test_a_condition_selects_by_what_other_documents_hold(self, documents: Documents) -> None:
        await documents.write(
            [
                *(put(f"k{n}", {"n": n, "owner": f"o{n % 3}"}) for n in range(6)),
                *(
                    Put("others", f"m{n}", {"state": "open" if n else "shut", "of": f"k{n}"}, 1, Any())
                    for n in range(4)
                ),
                Put("others", "of nothing", {"state": "open"}, 1, Any()),
                Put("others", "gone", {"state": "open", "of": "k5"}, 1, Any()),
                Delete("others", "gone", 2, Newer()),
            ]
        )
        opened = Selected(OTHERS, "of", (Condition("state", "eq", "open"),))
        chosen = (Condition("_key", "in", opened), Condition("n", "gt", 1))
        assert [each.key for each in await documents.query("things", Query(chosen, (Order("n", True),)))] == [
            "k3",
            "k2",
        ]
        assert await documents.count("things", chosen) == 2
        page = Query(chosen, (Order("n", descending=True),), after=(3, "k3"), limit=1)
        assert [each.key for each in await documents.query("things", page)] == ["k2"]
        owned = Selected(THINGS, "owner", (Condition("_key", "in", ("k0", "k3", "k4")),))
        assert await documents.count("things", [Condition("owner", "in", owned)]) == 4
        await documents.write([put("k3", {"n": 3, "owner": "o0", "words": ["alpha"]}, version=2)])
        of_opened = Condition("_key", "in", opened)
        worded = Selected(THINGS, "_key", (of_opened, Condition("words", "prefix", "al")))
        assert [each.key for each in await documents.query("others", Query((Condition("of", "in", worded),)))] == ["m3"]
        nothing = Selected(OTHERS, "of", (Condition("state", "eq", "sealed"),))
        assert await documents.count("things", [Condition("_key", "in", nothing)]) == 0

    async def test_drop_leaves_nothing_not_even_tombstones(self, documents: Documents) -> None:
        await documents.write([put("k", {"words": ["a"]}), Delete("things", "l", 9, Any())])
        await documents.drop("things")
        assert await documents.count("things") == 0
        assert list(await documents.write([put("l", guard=Newer())])) == [True]
