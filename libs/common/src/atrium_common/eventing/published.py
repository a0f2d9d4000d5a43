"""What a service tells the world: its public event types, declared in one place each (`published.py` of the service).

From these come `GET /event-types`, the AsyncAPI document and the tests that compare both with what is really sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, cast

from pydantic import BaseModel

from atrium_common.jsontypes import JSON, JSONObject

Model: TypeAlias = type[BaseModel]


@dataclass(frozen=True, slots=True)
class PublishedType:
    """One public event type.

    Attributes:
        type: like `workspace.updated`.
        description: one sentence for those who subscribe.
        object_type: `data.object.type`, like `workspace`.
        attributes: the model of `data.object.attributes`.
        topic: where it is published, like `tenancy.events`; None: it is sent to endpoints alone.
    """

    type: str
    description: str
    object_type: str
    attributes: Model
    topic: str | None

    @property
    def updates(self) -> bool:
        """Whether its data names what changed, under `previous_attributes`."""
        return self.type.endswith(".updated")

    def schema(self) -> JSONObject:
        """The JSON Schema (2020-12) of the event's `data`. It is open: schemas only grow."""
        attributes = cast("JSONObject", self.attributes.model_json_schema(mode="serialization"))
        definitions = attributes.pop("$defs", None)
        resource: JSONObject = {
            "type": "object",
            "required": ["id", "type", "attributes"],
            "properties": {
                "id": {"type": "string"},
                "type": {"const": self.object_type},
                "attributes": attributes,
            },
        }
        properties: JSONObject = {"object": resource}
        required: list[JSON] = ["object"]
        if self.updates:
            properties["previous_attributes"] = {"type": "object", "description": "What changed, as it was before."}
            required.append("previous_attributes")
        schema: JSONObject = {"type": "object", "required": required, "properties": properties}
        return schema if definitions is None else {**schema, "$defs": definitions}


def described(published: Iterable[PublishedType]) -> list[JSON]:
    """The types as `GET /event-types` shows them."""
    return [{"type": one.type, "description": one.description, "schema": one.schema()} for one in published]
