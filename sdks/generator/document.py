"""The OpenAPI document as what the SDKs are made of: models, and operations by resource."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sdks.generator.names import name_of

BASE = "/api/v1"
Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value, language left aside.

    Attributes:
        kind: `string`, `integer`, `number`, `boolean`, `datetime`, `array`, `object`, `model`, `enum` or `any`.
        name: of the model, for kind `model`.
        items: of the elements of an array, or the values of an object.
        values: of an enumeration.
        nullable: null is possible as well.
    """

    kind: str
    name: str = ""
    items: Type | None = None
    values: tuple[str, ...] = ()
    nullable: bool = False


SECRETS = ("key", "secret", "token")
"""What these are called in answers; they are in the one that made them, and in no other."""


@dataclass(frozen=True, slots=True)
class Field:
    """A named value: of a model, of a body, or of a query."""

    name: str
    type: Type
    required: bool
    told: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether an answer that has it gives something away to whoever sees it in a log."""
        return self.name in SECRETS and self.type.kind == "string"


@dataclass(frozen=True, slots=True)
class Model:
    """An object that the API answers with, or takes inside of another.

    Attributes:
        is_given: calls give it, and no answer has it: what is not required may be left out.
    """

    name: str
    told: str
    fields: tuple[Field, ...]
    is_given: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an SDK.

    Attributes:
        path: with `{name}` for each of `parameters`.
        body: the fields of the request's body.
        query: the query's parameters.
        answer: the type of one resource; None where nothing is answered.
        shape: `one` (below `data`), `list` (a page), `bare` (the body itself) or `nothing`.
    """

    id: str
    resource: str
    name: str
    told: str
    method: str
    path: str
    parameters: tuple[str, ...]
    body: tuple[Field, ...]
    query: tuple[Field, ...]
    answer: Type | None
    shape: str


@dataclass(frozen=True, slots=True)
class Document:
    """All of the API."""

    models: tuple[Model, ...]
    operations: tuple[Operation, ...]

    def resources(self) -> Mapping[str, Sequence[Operation]]:
        """The operations by resource, in the order of names."""
        grouped: dict[str, list[Operation]] = {}
        for operation in sorted(self.operations, key=lambda each: (each.resource, each.name)):
            grouped.setdefault(operation.resource, []).append(operation)
        return grouped


def read(document: Json) -> Document:
    """The document, understood.

    Raises:
        LookupError: an operation has no name in `names`.
        ValueError: two operations have the same name.
    """
    schemas = document["components"]["schemas"]
    operations = [
        _operation(method.upper(), path, operation, schemas)
        for path, methods in sorted(document["paths"].items())
        for method, operation in sorted(methods.items())
        if path.startswith(f"{BASE}/")
    ]
    names = [(operation.resource, operation.name) for operation in operations]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"named twice: {sorted(twice)}")
    answered = _reachable([each.answer for each in operations], schemas)
    given = _reachable([field.type for each in operations for field in each.body], schemas)
    models = tuple(
        replace(_model(name, schemas[name], schemas), is_given=name not in answered)
        for name in sorted(answered | given)
    )
    return Document(models, tuple(operations))


def _operation(method: str, path: str, operation: Json, schemas: Json) -> Operation:
    short = path.removeprefix(BASE)
    resource, name = name_of(method, re.sub(r"{\w+}", "{}", short))
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = _fields(_resolved(content, schemas), schemas)
    # The context has headers of its own, where a parameter of the same name stands in the path or the body.
    elsewhere = {*re.findall(r"{(\w+)}", short), *(each.name for each in body)}
    query = tuple(
        _parameter(each, schemas)
        for each in operation.get("parameters", ())
        if each["in"] == "query" and each["name"] not in elsewhere
    )
    answer, shape = _answer(operation, schemas)
    return Operation(
        id=operation["operationId"],
        resource=resource,
        name=name,
        told=operation.get("summary", ""),
        method=method,
        path=short,
        parameters=tuple(re.findall(r"{(\w+)}", short)),
        body=body,
        query=query,
        answer=answer,
        shape=shape,
    )


def _parameter(parameter: Json, schemas: Json) -> Field:
    kind = _type(parameter.get("schema", {}), schemas)
    return Field(parameter["name"], kind, bool(parameter.get("required")), parameter.get("description", ""))


def _answer(operation: Json, schemas: Json) -> tuple[Type | None, str]:
    success: Json = next(
        (each for status, each in sorted(operation["responses"].items()) if status.startswith("2")), {}
    )
    schema = success.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return None, "nothing"
    properties = schema.get("properties", {})
    if "data" not in properties:
        return _type(schema, schemas), "bare"
    data = properties["data"]
    if data.get("type") == "array" and "links" in properties:
        return _type(data.get("items", {}), schemas), "list"
    return _type(data, schemas), "one"


def _resolved(schema: Json, schemas: Json) -> Json:
    reference = schema.get("$ref")
    return schemas[reference.rpartition("/")[2]] if reference else schema


def _fields(schema: Json, schemas: Json) -> tuple[Field, ...]:
    if "allOf" in schema:
        parts = [_fields(_resolved(part, schemas), schemas) for part in schema["allOf"]]
        return tuple(field for part in parts for field in part)
    required = set(schema.get("required", ()))
    fields = [
        Field(name, _type(each, schemas), name in required, each.get("description", ""))
        for name, each in schema.get("properties", {}).items()
    ]
    return tuple(sorted(fields, key=lambda each: not each.required))


def _model(name: str, schema: Json, schemas: Json) -> Model:
    return Model(name, schema.get("description", ""), _fields(schema, schemas))


def _type(schema: Json, schemas: Json) -> Type:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = schemas[name]
        has_fields = target.get("properties") or "allOf" in target
        return Type("model", name) if has_fields else _type(target, schemas)
    variants = schema.get("anyOf") or schema.get("oneOf")
    if variants and "type" not in schema:
        # What `fields` leaves of a resource is that resource to the SDKs.
        variants = [each for each in variants if not each.get("$ref", "").endswith("Part")]
        others = [each for each in variants if each.get("type") != "null"]
        nullable = len(others) < len(variants)
        found = _type(others[0], schemas) if len(others) == 1 else Type("any")
        return _nullable(found) if nullable else found
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [each for each in kind if each != "null"]
        found = _type({**schema, "type": others[0]}, schemas) if len(others) == 1 else Type("any")
        return _nullable(found) if "null" in kind else found
    if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
        return Type("enum", values=tuple(schema["enum"]))
    if "const" in schema and isinstance(schema["const"], str):
        return Type("enum", values=(schema["const"],))
    if kind == "string":
        return Type("datetime" if schema.get("format") == "date-time" else "string")
    if kind == "array":
        return Type("array", items=_type(schema.get("items", {}), schemas))
    if kind == "object":
        extra = schema.get("additionalProperties")
        return Type("object", items=_type(extra, schemas) if isinstance(extra, dict) else Type("any"))
    return Type(kind if kind in {"integer", "number", "boolean"} else "any")


def _nullable(found: Type) -> Type:
    return Type(found.kind, found.name, found.items, found.values, nullable=True)


def _reachable(types: Sequence[Type | None], schemas: Json) -> set[str]:
    """The names of the models in these types."""
    found: set[str] = set()
    waiting = [*types]
    while waiting:
        each = waiting.pop()
        if each is None:
            continue
        waiting.append(each.items)
        if each.kind == "model" and each.name not in found:
            found.add(each.name)
            waiting += [field.type for field in _model(each.name, schemas[each.name], schemas).fields]
    return found
