"""Schemas of clients: what data says against them, and that none can be made costly for everybody."""

import subprocess
import sys
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


def nested(depth: int) -> JSONObject:
    """Not not … anything."""
    return {"not": nested(depth - 1)} if depth else {}


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


def test_what_a_process_loads_for_its_first_schema_is_no_cost_of_that_schema() -> None:
    first = """
from atrium_webhooks.domain import data_schema
data_schema._MOST_SECONDS = 0.05
print(data_schema.faults({"type": "object"}, 1))
"""
    done = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "{'data': ['Must be of type object.']}"


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
        ({"properties": {"a": {"$ref": "#/$defs/none"}}}, ("properties", "a", "$ref")),
        ({"unevaluatedProperties": False}, ("unevaluatedProperties",)),
        ({"allOf": [{}] * 1_001}, ()),
        ({"type": [1, "a"] * 2_000}, ("type",)),
        ({"not": {"not": {"dependencies": {"a": [1, "a"]}}}}, ("not", "not", "dependencies")),
        (nested(200), ()),
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
        ({"uniqueItems": True}, [{"z": n, **{f"k{m}": 0 for m in range(1_000)}} for n in range(200)]),
        ({"items": {"anyOf": [{"required": [f"{n}" for n in range(3_000)]}]}}, [{}] * 24_000),
        ({"items": {"not": {"enum": [0] * 14_000}}}, [5] * 24_000),
        ({"items": {"allOf": [{}] * 490}}, [5] * 24_000),
        ({"anyOf": [{"type": "integer"}] * 450}, {"a": [0] * 200_000}),
    ],
)
def test_no_schema_holds_up_the_process_that_serves_everybody(schema: JSONObject, data: JSON) -> None:
    check_schema(schema)
    began = time.process_time()
    assert set(faults(schema, data)) == {"data"}
    assert time.process_time() - began < 5  # some tenths; unbounded it would be minutes to years


@pytest.mark.parametrize(
    "within",
    ["https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-04/schema#", "urn:unknown"],
)
def test_no_part_of_a_schema_is_run_by_a_validator_that_counts_nothing(within: str) -> None:
    schema: JSONObject = {"allOf": [{"$schema": within, "$ref": "#/$defs/l0"}], "$defs": doubling(30)["$defs"]}
    with pytest.raises(UnfitSchema) as error:
        check_schema(schema)
    assert error.value.path == ("allOf", "0", "$schema")
    assert set(faults(schema, {})) == {"data"}  # one that was taken before


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/const", "const": {"pattern": "(a+)+$"}},
        {"$ref": "#/enum/0", "enum": [{"pattern": "(a+)+$"}]},
        {"$ref": "#/x/properties", "x": {"properties": {"pattern": "(a+)+$"}}},
        {"$ref": "#/properties", "properties": {"pattern": {}}},
        {"$ref": "#/enum", "enum": [1]},
        {"$ref": "#/allOf/x", "allOf": [{}]},
        {"$ref": f"#/allOf/{'9' * 5_000}", "allOf": [{}]},
        {"$ref": "#/title/0", "title": "a"},
        {"$ref": "#/minimum/0", "minimum": 1},
        {"$ref": "#a"},
        {"$ref": 1},
    ],
)
def test_a_reference_leads_to_a_schema_and_to_nothing_else(schema: JSONObject) -> None:
    with pytest.raises(UnfitSchema) as error:
        check_schema(schema)
    assert error.value.path == ("$ref",)
    assert set(faults(schema, "a" * 40 + "b")) == {"data"}  # one that was taken before


def test_references_may_be_escaped_and_lead_to_any_schema_within() -> None:
    schema: JSONObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"a/b": {"type": "string"}, "c": {"$ref": "#/properties/a~1b"}, "d": {"$ref": "#/%24defs/e"}},
        "$defs": {"e": {"type": "integer"}},
    }
    check_schema(schema)
    assert set(faults(schema, {"a/b": 1, "c": 1, "d": "x"})) == {"data.a/b", "data.c", "data.d"}


def test_unknown_keywords_and_annotations_say_nothing_against_data() -> None:
    schema: JSONObject = {"x-shown": {"pattern": 1}, "items": {f"x-{n}": n for n in range(2_000)}, "title": "A"}
    check_schema(schema)
    began = time.process_time()
    assert not faults(schema, [0] * 40_000)
    assert time.process_time() - began < 5


def test_many_faults_are_told_in_few_words() -> None:
    schema: JSONObject = {"required": [f"k{n}" for n in range(3_000)], "properties": {"a" * 10_000: {"type": "null"}}}
    check_schema(schema)
    assert len(str(faults(schema, {"a" * 10_000: 1}))) < 2_000
