"""Schemas of clients: what data says against them, and that none can be made costly for everybody."""

import time
from typing import Any

import pytest

from atrium_common.jsontypes import JSON, JSONObject
from atrium_webhooks.domain.data_schema import UnfitSchema, check_schema, faults

ORDER: JSONObject = {
    "type": "object",
    "required": ["order", "total"],
    "properties": {
        "order": {"type": "string"},
        "total": {"type": "number", "minimum": 0},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "additionalProperties": False,
    "$defs": {"line": {"type": "object", "required": ["sku"], "properties": {"pattern": {"enum": ["a", None]}}}},
}


def doubling(depth: int) -> JSONObject:
    """Every level is judged twice."""
    levels: dict[str, Any] = {f"l{n}": {"allOf": [{"$ref": f"#/$defs/l{n + 1}"}] * 2} for n in range(depth)}
    return {"$defs": {**levels, f"l{depth}": {}}, "$ref": "#/$defs/l0"}


def test_what_fits_has_no_faults() -> None:
    check_schema(ORDER)
    assert not faults(ORDER, {"order": "a", "total": 1, "lines": [{"sku": 1, "pattern": "a"}]})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"order": 1, "total": 2}, {"data.order": ["Must be of type string."]}),
        ({"order": "a"}, {"data": ["Must have total."]}),
        ({"order": "a", "total": -1}, {"data.total": ["Does not fit minimum: 0."]}),
        ({"order": "a", "total": 1, "lines": [{"sku": 1}, {}]}, {"data.lines.1": ["Must have sku."]}),
        (
            {"order": "a", "total": 1, "lines": [{"sku": 1, "pattern": 5}]},
            {"data.lines.0.pattern": ["Must be one of a, None."]},
        ),
        ({"order": "a", "total": 1, "more": 1}, {"data": ["Does not fit additionalProperties: False."]}),
    ],
)
def test_faults_lead_to_where_the_data_does_not_fit(data: JSON, expected: dict[str, list[str]]) -> None:
    assert faults(ORDER, data) == expected


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "strnig"}, ("type",)),
        ({"properties": {"a": {"minimum": "x"}}}, ("properties", "a", "minimum")),
        ({"properties": {"a": {"pattern": "(a+)+$"}}}, ("properties", "a", "pattern")),
        ({"patternProperties": {"^a": {}}}, ("patternProperties",)),
        ({"items": {"$ref": "https://example.com/schema"}}, ("items", "$ref")),
        ({"$ref": "file:///etc/passwd"}, ("$ref",)),
        ({"allOf": [{"$id": "urn:x"}]}, ("allOf", "0", "$id")),
    ],
)
def test_a_schema_that_is_none_or_reaches_out_is_refused(schema: JSONObject, path: tuple[str, ...]) -> None:
    with pytest.raises(UnfitSchema) as error:
        check_schema(schema)
    assert error.value.path == path


@pytest.mark.parametrize(
    ("schema", "data"),
    [
        (doubling(30), {}),
        ({"$ref": "#"}, {}),
        ({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}, {}),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": [{"n": n} for n in range(20_000)]}),
        ({"allOf": [{"properties": {"a": {"items": {"type": "integer"}}}}] * 200}, {"a": list(range(10_000))}),
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, {"a": 1}),
    ],
)
def test_no_schema_holds_up_the_process_that_serves_everybody(schema: JSONObject, data: JSON) -> None:
    check_schema(schema)
    began = time.process_time()
    assert set(faults(schema, data)) == {"data"}
    assert time.process_time() - began < 5  # some tenths; unbounded it would be minutes to years
