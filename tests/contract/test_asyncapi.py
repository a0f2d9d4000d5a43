"""The AsyncAPI document is what the services declare."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.contract.asyncapi import PATH, PUBLISHED, document, written


def test_the_committed_document_is_the_one_that_the_declarations_make() -> None:
    assert PATH.read_text() == written(document()), "run `make asyncapi`"


def test_every_type_has_a_message_in_its_topic_with_a_schema_of_its_own() -> None:
    made: Any = document()
    assert len({one.type for one in PUBLISHED}) == len(PUBLISHED)
    for one in PUBLISHED:
        if one.topic is None:
            continue
        assert one.type in made["channels"][one.topic]["messages"]
        payload = made["components"]["messages"][one.type]["payload"]
        Draft202012Validator.check_schema(payload)
        assert "$defs" not in json.dumps(payload)


def test_what_is_sent_to_endpoints_alone_is_not_announced_on_the_stream() -> None:
    assert "webhook.test" in {one.type for one in PUBLISHED}
    assert "webhook.test" not in json.dumps(document())


def test_every_reference_in_the_document_leads_somewhere() -> None:
    made: Any = document()

    def check(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                target = made
                for part in value["$ref"].removeprefix("#/").split("/"):
                    target = target[part]
            for part in value.values():
                check(part)
        elif isinstance(value, list):
            for part in value:
                check(part)

    check(made)
