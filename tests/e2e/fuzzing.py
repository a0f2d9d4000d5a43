"""schemathesis over a part of the OpenAPI document, a bounded number of times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

EXAMPLES = 3


def operations(document: dict[str, Any], ours: Callable[[str], object]) -> Any:
    """The operations whose paths are `ours`.

    `fields` is left out: what a selection leaves away OpenAPI cannot tie to the parameter.
    """
    document["paths"] = {path: each for path, each in document["paths"].items() if ours(path)}
    for path in document["paths"].values():
        for operation in path.values():
            operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "fields"]
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def run(operation: Any, base: str, key: str) -> None:
    """Send what the document calls fit, and hold the answers to every check."""

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
        answer = case.call(base_url=base, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code < 500, answer.content
        # That a number of page and a cursor exclude each other, that a tag is the present one and an idempotency key a
        # new one: no document can say it, so what is fit by the document may be refused.
        case.validate_response(answer, excluded_checks=[positive_data_acceptance])

    check()
