"""schemathesis over a part of the OpenAPI document, a bounded number of times, with every check."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

EXAMPLES = 3
# What there is, where an answer depends on that; and moments that are past.
_THERE: dict[str, Any] = {
    "feature": "storage",
    "package": "starter",
    "url": "http://127.0.0.1:9000/hooks",
    "filters": {},
    "as_of": "2026-01-01T00:00:00Z",
    "starts_at": "2026-01-01T00:00:00Z",
    "billing_cycle_anchor": "2026-01-01T00:00:00Z",
    "occurred_at": None,
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-01-02T00:00:00Z",
    "expires_at": "2199-01-01T00:00:00Z",
    "trial_ends_at": "2199-01-01T00:00:00Z",
    # All or nothing may well be nothing.
    "atomic": False,
}


def operations(document: dict[str, Any], ours: Callable[[str], object]) -> Any:
    """The operations whose paths are `ours`."""
    document["paths"] = {path: each for path, each in document["paths"].items() if ours(path)}
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def run(operation: Any, base: str, key: str, *, unless: Sequence[Any] = ()) -> None:
    """Send what the document calls fit, and hold the answers to every check, `unless` to those that are named."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def check(case: Any) -> None:
        made_fit(case)
        answer = case.call(base_url=base, headers={"Authorization": f"Bearer {key}"})
        case.validate_response(answer, excluded_checks=list(unless))

    check()


def made_fit(case: Any) -> None:
    """What no document can say of a request: what excludes what, and what holds at this moment only."""
    query, headers = case.query, case.headers
    if "cursor" in query:
        query.pop("page", None)
        # Only a page that was given has a cursor; empty it means the first one.
        query["cursor"] = ""
    if "sort" in query:
        query["sort"] = query["sort"].partition(",")[0]
    for header, parameter in (("X-Workspace-ID", "workspace_id"), ("X-Namespace-ID", "namespace_id")):
        if header in headers:
            query.pop(parameter, None)
    if "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = os.urandom(8).hex()
    headers.pop("If-Match", None)
    case.body = _whole(case.body)
    for place in (query, case.body if isinstance(case.body, dict) else {}):
        place.update({name: there for name, there in _THERE.items() if name in place})


def _whole(value: Any) -> Any:
    """1.0 as 1: to JSON Schema it is an integer, to us it is not. And nothing that no store holds."""
    if isinstance(value, dict):
        return {name.replace("\0", ""): _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if abs(value) >= 2**63:
        return float(value)
    return int(value) if value == int(value) else value
