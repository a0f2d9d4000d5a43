from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from atrium_common.http.listing import words
from atrium_common.http.openapi import document
from atrium_common.http.route import Deprecation
from atrium_common.testing.http import SERVICE, ServiceUnderTest


@pytest.fixture
def described(notes: Any) -> Any:
    return document("notes", notes.routes)


def test_the_document_is_valid_openapi_3_1(described: Any) -> None:
    OpenAPIV31SpecValidator(described).validate()


async def test_services_get_the_document_from_the_service_itself(api: ServiceUnderTest, notes: Any) -> None:
    answer = await api.request("GET", "/internal/openapi.json", principal=SERVICE)
    assert answer.json == document("test", notes.routes)
    assert (await api.request("GET", "/internal/openapi.json")).status == 404


def test_internal_routes_are_not_in_it_and_all_public_ones_are(described: Any, notes: Any) -> None:
    told = {(method.upper(), path) for path, methods in described["paths"].items() for method in methods}
    assert told == {(route.method, route.path) for route in notes.routes if not route.internal}


def test_operation_ids_are_unique(described: Any) -> None:
    ids = [operation["operationId"] for methods in described["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def test_the_body_is_the_model_that_validates(described: Any) -> None:
    schema = described["components"]["schemas"]["WriteNote"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["title"]
    assert schema["properties"]["title"]["maxLength"] == 20
    posted = described["paths"]["/api/v1/notes"]["post"]
    assert posted["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/WriteNote"}


def test_a_list_tells_all_its_parameters_and_their_values(described: Any) -> None:
    listed = described["paths"]["/api/v1/notes"]["get"]
    parameters = {parameter["name"]: parameter for parameter in listed["parameters"]}
    assert parameters["kind"]["schema"] == {"type": "string", "enum": ["plain", "secret"]}
    assert parameters["pinned"]["schema"] == {"type": "boolean"}
    assert parameters["per_page"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 15}
    assert "created_at, id, kind, title" in parameters["sort"]["description"]
    assert {"page", "cursor", "fields", "include", "search", "created_after", "X-Workspace-ID"} <= set(parameters)
    data = listed["responses"]["200"]["content"]["application/json"]["schema"]
    either = [{"$ref": "#/components/schemas/NoteModel"}, {"$ref": "#/components/schemas/NoteModelPart"}]
    assert data["properties"]["data"] == {"type": "array", "items": {"anyOf": either}}
    assert data["required"] == ["data", "meta", "links"]


@pytest.mark.parametrize(
    "name", ["Acme 7", "Привет", "Ελλάδα", "Ärzte", "שלום", "مرحبا", "हिन्दी", "日本", "ひらがな", "한국어"]
)
def test_a_search_in_any_script_is_told_to_be_fit(described: Any, name: str) -> None:
    listed = described["paths"]["/api/v1/notes"]["get"]
    [pattern] = [each["schema"]["pattern"] for each in listed["parameters"] if each["name"] == "search"]
    assert words(name)
    assert re.search(pattern, name)
    assert not re.search(pattern, "-- * _")


def test_what_is_told_to_be_fit_for_a_search_has_a_word(described: Any) -> None:
    listed = described["paths"]["/api/v1/notes"]["get"]
    [pattern] = [each["schema"]["pattern"] for each in listed["parameters"] if each["name"] == "search"]
    fit = [chr(code) for code in range(0x10000) if re.search(pattern, chr(code))]
    assert [letter for letter in fit if not words(letter)] == []


def test_what_fields_leaves_of_a_resource_is_a_part_of_it(described: Any) -> None:
    whole, part = (described["components"]["schemas"][name] for name in ("NoteModel", "NoteModelPart"))
    assert part["properties"] == whole["properties"]
    assert part["required"] == ["id"]
    assert set(whole["required"]) > {"id"}


def test_a_batch_is_told_by_the_actions_that_its_resource_offers(described: Any) -> None:
    schemas = described["components"]["schemas"]
    body = described["paths"]["/api/v1/write-only/batch"]["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/WriteOnlyBatch"}
    (form,) = schemas["WriteOnlyBatchOperation"]["oneOf"]
    assert form["properties"]["action"] == {"const": "create"}
    assert {"$ref": "#/components/schemas/WriteNote"} in form["properties"]["data"]["anyOf"]
    forms = {each["properties"]["action"]["const"]: each for each in schemas["NotesBatchOperation"]["oneOf"]}
    assert {action: form["required"] for action, form in forms.items()} == {
        "create": ["data"], "update": ["id", "data"], "delete": ["id"],
    }  # fmt: skip
    assert schemas["NotesBatch"]["properties"]["operations"]["maxItems"] == 100


def test_further_parameters_are_the_model_that_validates(described: Any) -> None:
    parameters = {p["name"]: p for p in described["paths"]["/api/v1/notes/count"]["get"]["parameters"]}
    assert parameters["kind"]["required"] is True
    assert parameters["kind"]["schema"]["enum"] == ["plain", "secret"]
    assert parameters["window"]["schema"]["minimum"] == 1


def test_conditional_and_idempotency_headers_stand_where_they_work(described: Any) -> None:
    def headers(method: str, path: str) -> set[str]:
        parameters = described["paths"][path][method]["parameters"]
        return {p["name"] for p in parameters if p["in"] == "header"} - {"X-Workspace-ID", "X-Namespace-ID"}

    one = "/api/v1/notes/{note_id}"
    assert headers("get", one) == {"If-None-Match"}
    assert headers("get", "/api/v1/notes") == set()
    assert headers("post", "/api/v1/notes") == {"Idempotency-Key"}
    assert headers("patch", one) == headers("delete", one) == {"Idempotency-Key", "If-Match"}


def test_special_refusals_scopes_and_ends_are_told(described: Any) -> None:
    posted = described["paths"]["/api/v1/notes"]["post"]
    assert posted["responses"]["409"]["description"] == "`DUPLICATE_RESOURCE`"
    assert posted["responses"]["422"]["description"] == "`VALIDATION_ERROR`"
    assert "`webhooks:write`" in posted["description"]
    assert set(posted["responses"]["201"]["headers"]) == {"X-Request-ID", "Location", "ETag"}
    assert described["paths"]["/api/v1/old-notes/{note_id}"]["get"]["deprecated"] is True
    assert "412" in described["paths"]["/api/v1/notes/{note_id}"]["patch"]["responses"]


def test_only_schemas_and_security_are_shared_so_that_documents_can_be_merged(described: Any) -> None:
    assert set(described["components"]) == {"schemas", "securitySchemes"}


def test_a_deprecation_leaves_at_least_twelve_months() -> None:
    with pytest.raises(ValueError, match="12 months"):
        Deprecation(date(2026, 1, 1), date(2026, 12, 31), "/x")
