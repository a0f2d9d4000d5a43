from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from atrium_common.principal import Principal
from atrium_common.testing.http import OPERATOR, ServiceUnderTest

Write = Callable[..., Awaitable[list[str]]]
PATH = "/api/v1/notes"


def create(title: str) -> dict[str, Any]:
    return {"action": "create", "data": {"title": title}}


async def run(
    api: ServiceUnderTest, *operations: object, principal: Principal = OPERATOR, command: str = "", **more: object
) -> Any:
    return await api.request(
        "POST",
        f"{PATH}/batch",
        json={"operations": operations, **more},
        principal=principal,
        headers={"X-Command-ID": command} if command else None,
    )


async def titles(api: ServiceUnderTest) -> set[str]:
    answer: Any = (await api.request("GET", f"{PATH}?per_page=100")).json
    return {note["title"] for note in answer["data"]}


async def test_operations_run_in_order_and_each_answers_for_itself(api: ServiceUnderTest, written: Write) -> None:
    first, second = await written("first", "second")
    answer = await run(
        api,
        create("third"),
        {"action": "update", "id": first, "data": {"title": "changed"}},
        create(""),
        {"action": "delete", "id": second},
        {"action": "delete", "id": second},
    )
    assert answer.status == 200
    assert [result["status"] for result in answer.json["data"]] == [201, 200, 422, 204, 404]
    assert answer.json["meta"] == {"succeeded": 3, "failed": 2}
    assert answer.json["data"][0]["data"]["title"] == "third"
    assert answer.json["data"][1]["data"]["id"] == first
    assert answer.json["data"][2]["error"]["details"] == {"title": ["Must not be empty."]}
    assert answer.json["data"][3] == {"status": 204}
    assert answer.json["data"][4]["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert await titles(api) == {"changed", "third"}


async def test_an_atomic_batch_does_all(api: ServiceUnderTest, notes: Any) -> None:
    answer = await run(api, create("a"), create("b"), atomic=True)
    assert answer.status == 200
    assert answer.json["meta"] == {"succeeded": 2, "failed": 0}
    assert await titles(api) == {"a", "b"}
    assert await notes.store.log.tail() == 1


async def test_an_atomic_batch_does_nothing_where_one_fails_and_names_it(api: ServiceUnderTest, written: Write) -> None:
    (there,) = await written("there")
    update = {"action": "update", "id": there, "data": {"title": "changed"}}
    answer = await run(api, create("a"), update, {"action": "delete", "id": "gone"}, create("b"), atomic=True)
    assert (answer.status, answer.error["code"], answer.error["failed_index"]) == (404, "RESOURCE_NOT_FOUND", 2)
    assert await titles(api) == {"there"}


async def test_an_atomic_batch_names_the_operation_whose_name_is_taken(api: ServiceUnderTest, written: Write) -> None:
    await written("taken")
    answer = await run(api, create("a"), create("Taken"), atomic=True)
    assert (answer.status, answer.error["code"]) == (409, "DUPLICATE_RESOURCE")
    assert (answer.error["conflicting_field"], answer.error["failed_index"]) == ("title", 1)
    assert await titles(api) == {"taken"}


async def test_an_atomic_batch_can_not_take_one_name_twice(api: ServiceUnderTest) -> None:
    answer = await run(api, create("same"), create("other"), create("same"), atomic=True)
    assert (answer.status, answer.error["code"], answer.error["failed_index"]) == (409, "DUPLICATE_RESOURCE", 2)
    assert await titles(api) == set()


async def test_an_operation_that_was_refused_and_tried_anew_leaves_nothing_of_the_first_try(
    api: ServiceUnderTest, notes: Any
) -> None:
    secret = {"action": "create", "data": {"title": "same", "kind": "secret"}}
    answer = await run(api, secret, secret, atomic=True)
    assert [result["data"]["title"] for result in answer.json["data"]] == ["same", "same-2"]
    assert await titles(api) == {"same", "same-2"}
    (commit,) = await notes.store.log.read_log(after=0, limit=10)
    assert len(commit.proposal.slices) == 2


async def test_an_atomic_batch_sees_its_own_earlier_operations(api: ServiceUnderTest, written: Write) -> None:
    (there,) = await written("there")
    answer = await run(
        api,
        {"action": "update", "id": there, "data": {"settings": {"x": 1}}},
        {"action": "update", "id": there, "data": {"settings": {"y": 2}}},
        atomic=True,
    )
    assert answer.json["data"][1]["data"]["settings"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("atomic", [False, True])
async def test_a_batch_sent_again_under_its_command_id_is_not_done_again(
    api: ServiceUnderTest, *, atomic: bool
) -> None:
    first = await run(api, create("a"), create("b"), command="cmd_same", atomic=atomic)
    again = await run(api, create("a"), create("b"), command="cmd_same", atomic=atomic)
    assert first.status == 200
    assert again.json == first.json
    assert await titles(api) == {"a", "b"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "operations"),
        ({"operations": []}, "operations"),
        ({"operations": [{"action": "create", "data": {"title": f"t{n}"}} for n in range(101)]}, "operations"),
        ({"operations": {}}, "operations"),
        ({"operations": [5]}, "operations.0"),
        ({"operations": [create("a"), {"action": "move", "id": "x"}]}, "operations.1.action"),
        ({"operations": [{"data": {}}]}, "operations.0.action"),
        ({"operations": [create("a"), {"action": "update", "data": {}}]}, "operations.1.id"),
        ({"operations": [{"action": "update", "id": "x"}]}, "operations.0.data"),
        ({"operations": [{"action": "delete"}]}, "operations.0.id"),
        ({"operations": [{"action": "create"}]}, "operations.0.data"),
        ({"operations": [{"action": "create", "id": "x", "data": {}}]}, "operations.0.id"),
        ({"operations": [{"action": "delete", "id": "x", "data": {}}]}, "operations.0.data"),
        ({"operations": [create("a")], "atomic": "yes"}, "atomic"),
        ({"operations": [create("a")], "mode": "x"}, "mode"),
    ],
)
async def test_an_unfit_batch_is_refused_as_a_whole(api: ServiceUnderTest, body: object, field: str) -> None:
    answer = await api.request("POST", f"{PATH}/batch", json=body)
    assert answer.status == 422
    assert set(answer.error["details"]) == {field}
    assert await titles(api) == set()


async def test_a_hundred_operations_are_run(api: ServiceUnderTest) -> None:
    answer = await run(api, *(create(f"t{n}") for n in range(100)))
    assert answer.json["meta"] == {"succeeded": 100, "failed": 0}


async def test_an_action_that_the_resource_does_not_offer_refuses_the_whole(api: ServiceUnderTest) -> None:
    body = {"operations": [create("a"), {"action": "delete", "id": "x"}]}
    answer = await api.request("POST", "/api/v1/write-only/batch", json=body)
    assert answer.status == 422
    assert answer.error["details"] == {"operations.1.action": ["Allowed: create."]}
    assert await titles(api) == set()


async def test_each_operation_needs_its_own_scope_and_permission(api: ServiceUnderTest, written: Write) -> None:
    (there,) = await written("there")
    writer = replace(OPERATOR, scopes=("webhooks:write",), permissions=("*",))
    answer = await run(api, create("a"), {"action": "delete", "id": there}, principal=writer)
    assert [result["status"] for result in answer.json["data"]] == [201, 403]
    assert answer.json["data"][1]["error"]["required_scope"] == "webhooks:delete"
    member = replace(OPERATOR, scopes=("webhooks:*",), permissions=("webhooks:write",))
    answer = await run(api, {"action": "delete", "id": there}, principal=member)
    assert answer.json["data"][0]["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
