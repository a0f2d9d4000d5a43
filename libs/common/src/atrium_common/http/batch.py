"""Batches: several operations of one resource in one request (spec/http-api.md, "Batch")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias, cast

import structlog
from pydantic import Field, JsonValue

from atrium_common.errors import InsufficientPermissions, ValidationFailed
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Joint
from atrium_common.http.body import Body
from atrium_common.http.problems import INTERNAL, Problem, problem_of
from atrium_common.http.reply import Reply
from atrium_common.http.route import Call, Route
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.ports import ClaimTaken

log = structlog.get_logger("http")

MOST = 100
_RACES = 5
Action: TypeAlias = Literal["create", "update", "delete"]


class BatchOperation(Body):
    """One operation: `create` takes data, `update` id and data, `delete` id."""

    action: Action
    id: str | None = None
    data: dict[str, JsonValue] | None = None


class Batch(Body):
    """1 to 100 operations, run in order; with `atomic` all or none."""

    operations: list[BatchOperation] = Field(min_length=1, max_length=MOST)
    atomic: bool = False


def batch_route(path: str, actions: Mapping[str, Route], *, parameter: str, repository: Repository) -> Route:
    """`POST {path}/batch` over these routes; `parameter` is the name of the id in their paths.

    Each operation needs its own route's scope and permission, and has the batch's command id with its number behind.
    """
    handler = _BatchHandler(actions, parameter, repository)
    told = f"Run several operations ({', '.join(actions)})"
    return Route("POST", f"{path}/batch", handler.handle, told, body=Batch, bare=True, operations=actions)


class _Failed(Exception):
    def __init__(self, index: int, problem: Problem) -> None:
        self.index = index
        self.problem = problem


class _BatchHandler:
    def __init__(self, actions: Mapping[str, Route], parameter: str, repository: Repository) -> None:
        self._actions = actions
        self._parameter = parameter
        self._repository = repository

    async def handle(self, call: Call) -> Reply:
        """Run the batch."""
        batch = call.read(Batch)
        self._check(batch)
        if batch.atomic:
            return await self._atomic(call, batch)
        results: list[JSON] = []
        for number, operation in enumerate(batch.operations):
            try:
                results.append(_result(await self._run(call, number, operation, None)))
            except Exception as error:
                problem = _problem(error, call, number)
                results.append({"status": problem.status, **problem.body(call.request_id)})
        return _summary(results)

    def _check(self, batch: Batch) -> None:
        faults: dict[str, list[str]] = {}
        for number, operation in enumerate(batch.operations):
            name = f"operations.{number}"
            if operation.action not in self._actions:
                faults[f"{name}.action"] = [f"Allowed: {', '.join(self._actions)}."]
                continue
            if operation.action == "create" and operation.id is not None:
                faults[f"{name}.id"] = ["A new resource gets its id from us."]
            if operation.action != "create" and not operation.id:
                faults[f"{name}.id"] = ["The id field is required."]
            if operation.action == "delete" and operation.data is not None:
                faults[f"{name}.data"] = ["A deletion takes no data."]
            if operation.action != "delete" and operation.data is None:
                faults[f"{name}.data"] = ["The data field is required."]
        if faults:
            raise ValidationFailed(faults)

    async def _run(self, call: Call, number: int, operation: BatchOperation, joint: Joint | None) -> Reply:
        route = self._actions[operation.action]
        call.require_scope(route.scope)
        if route.permission and not call.principal.permits(route.permission):
            raise InsufficientPermissions(route.permission)
        params = {**call.params} | ({self._parameter: operation.id} if operation.id is not None else {})
        content = cast("JSONObject", operation.data or {})
        part = call.operation(number, params=params, content=content, joint=joint)
        return await route.handler(part)

    async def _atomic(self, call: Call, batch: Batch) -> Reply:
        results: list[JSON] = []
        claimants: dict[str, int] = {}

        async def decide(joint: Joint) -> None:
            nonlocal claimants
            # It may run again after a lost race: what the first run answered does not count.
            results.clear()
            claimants = joint.claimants
            for number, operation in enumerate(batch.operations):
                try:
                    results.append(_result(await self._run(call, number, operation, joint)))
                except Exception as error:
                    raise _Failed(number, _problem(error, call, number)) from error

        lost: list[str] = []
        while True:
            try:
                await self._repository.transact_jointly(call.command, decide)
            except _Failed as failed:
                return _refused(call, failed.problem, failed.index)
            except ClaimTaken as taken:
                # What is wanted by name is claimed again and is lost for good; another may be chosen for what is not.
                if taken.claim in lost or len(lost) == _RACES:
                    return _refused(call, _problem(taken, call, 0), claimants[taken.claim])
                lost.append(taken.claim)
                call = replace(call, outrun=True)
            else:
                return _summary(results)


def _refused(call: Call, problem: Problem, index: int) -> Reply:
    named = replace(problem, members={**problem.members, "failed_index": index})
    return Reply(named.status, cast("JSON", named.body(call.request_id)), None, named.headers)


def _problem(error: Exception, call: Call, number: int) -> Problem:
    problem = problem_of(error)
    if problem is None:
        log.error("operation failed", number=number, request_id=call.request_id, exc_info=error)
        return INTERNAL
    return problem


def _result(reply: Reply) -> JSONObject:
    body = reply.body if isinstance(reply.body, dict) else {}
    return {"status": reply.status, **({"data": body["data"]} if "data" in body else {})}


def _summary(results: list[JSON]) -> Reply:
    failed = sum(1 for result in results if isinstance(result, dict) and "error" in result)
    meta: JSONObject = {"succeeded": len(results) - failed, "failed": failed}
    return Reply(200, {"data": results, "meta": meta})
