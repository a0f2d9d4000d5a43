"""Both clients do what every SDK must: the scenarios that all languages share."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from atrium_sdk import AsyncClient, AsyncPage, Client, ConnectionFailed, Options, Page, errors

SCENARIOS = json.loads((Path(__file__).parents[2] / "conformance/scenarios.json").read_text())
shared = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
KEY = "sk_test_conformance"


@shared
def test_the_client_does_what_the_scenario_says(scenario: dict[str, Any], scripted: str, control: httpx.Client) -> None:
    control.post("/_script", json=scenario["answers"])
    outcome: Any
    with Client(KEY, base_url=scripted + scenario.get("base", "")) as client:
        try:
            outcome = _method(client, scenario)(*_path(scenario), **_arguments(scenario))
            outcome = list(outcome) if isinstance(outcome, Page) else outcome
        except errors.AtriumError as error:
            outcome = error
    _check(scenario, outcome, control.get("/_requests").json())


@shared
async def test_the_awaited_client_does_what_the_scenario_says(
    scenario: dict[str, Any], scripted: str, control: httpx.Client
) -> None:
    control.post("/_script", json=scenario["answers"])
    outcome: Any
    async with AsyncClient(KEY, base_url=scripted + scenario.get("base", "")) as client:
        try:
            outcome = await _method(client, scenario)(*_path(scenario), **_arguments(scenario))
            outcome = [item async for item in outcome] if isinstance(outcome, AsyncPage) else outcome
        except errors.AtriumError as error:
            outcome = error
    _check(scenario, outcome, control.get("/_requests").json())


def _method(client: Client | AsyncClient, scenario: dict[str, Any]) -> Any:
    call = scenario["call"]
    return getattr(getattr(client, call["resource"]), call["method"])


def _path(scenario: dict[str, Any]) -> list[str]:
    return list(scenario["call"].get("path", ()))


def _arguments(scenario: dict[str, Any]) -> dict[str, Any]:
    return {**scenario["call"].get("arguments", {}), "options": Options(**scenario.get("options", {}))}


def _check(scenario: dict[str, Any], outcome: Any, requests: list[dict[str, Any]]) -> None:
    expected = scenario["expect"]
    wanted = expected.get("requests")
    assert len(requests) == (len(wanted) if wanted else expected["attempts"])
    for request, want in zip(requests, wanted or (), strict=False):
        assert {name: request[name] for name in ("method", "path")} == {name: want[name] for name in ("method", "path")}
        assert request["query"] == want.get("query", {})
        assert request["body"] == want.get("body")
        assert want.get("headers", {}).items() <= request["headers"].items()
    for request in requests:
        assert request["headers"]["user-agent"].startswith("atrium-sdk-python/")
        assert ("idempotency-key" in request["headers"]) == (request["method"] != "GET")
    if expected.get("same_idempotency_key"):
        assert len({request["headers"]["idempotency-key"] for request in requests}) == 1
    elapsed = requests[-1]["at"] - requests[0]["at"]
    assert expected.get("least_seconds", 0) <= elapsed <= expected.get("most_seconds", 60)
    if "error" in expected:
        assert isinstance(outcome, errors.BY_CODE.get(expected["error"]["code"], errors.ApiError))
        assert {name: getattr(outcome, name) for name in expected["error"]} == expected["error"]
        assert expected.get("says", "") in str(outcome)
    elif expected.get("connection_failed"):
        assert isinstance(outcome, ConnectionFailed)
    elif "items" in expected:
        assert [item.id for item in outcome] == expected["items"]
    elif expected["result"] is None:
        assert outcome is None
    else:
        assert {name: getattr(outcome, name) for name in expected["result"]} == expected["result"]
        assert getattr(outcome, "etag", None) == expected.get("etag")
