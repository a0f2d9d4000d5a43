"""The AsyncAPI 3 document of the event stream, made from what every service declares. `make asyncapi` writes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from atrium_common.cloudevents import HEARTBEAT
from atrium_common.eventing.published import PublishedType
from atrium_common.jsontypes import JSON, JSONObject
from atrium_entitlements.published import PUBLISHED as ENTITLEMENTS
from atrium_gateway.published import PUBLISHED as GATEWAY
from atrium_tenancy.published import PUBLISHED as TENANCY
from atrium_webhooks.published import PUBLISHED as WEBHOOKS

PATH = Path(__file__).parents[2] / "docs" / "asyncapi.json"
PUBLISHED: tuple[PublishedType, ...] = (*TENANCY, *ENTITLEMENTS, *WEBHOOKS, *GATEWAY)

_CHANNELS = {
    "tenancy.events": "Workspaces, members, teams, invitations, namespaces, users and API keys.",
    "entitlements.events": "Packages, entitlements, boosts and alerts on usage.",
    "webhooks.events": "Webhook endpoints.",
    "gateway.usage": "Requests as the gateways count them.",
}
_DESCRIPTION = (
    "CloudEvents 1.0 in Kafka's binary mode. The key is the workspace's id, or the stream where no single workspace"
    " owns the event. At least once, in order for each aggregate; `ce_id` is for dropping repeats. Schemas only grow:"
    " ignore what you do not know."
)
_TEXT: JSONObject = {"type": "string"}
_HEADERS: Mapping[str, str] = {
    "ce_specversion": "1.0",
    "ce_id": "The event's id; repeats have the same",
    "ce_source": "The service, like /tenancy",
    "ce_type": "The event's type",
    "ce_subject": "The stream, like workspace/wks_…",
    "ce_time": "When it was committed (RFC 3339)",
    "content-type": "application/json",
    "ce_sequence": "The version in the subject's stream",
    "ce_position": "The position in the service's log",
    "ce_dataschema": "The schema of the data and its number",
    "ce_workspaceid": "The workspace that it belongs to, where it is one",
    "ce_workspaceids": "The workspaces that may hear of it, with commas between",
    "ce_correlationid": "The request that it belongs to; where none asked for it, what caused it",
    "ce_causationid": "The event or command that caused it",
    "ce_actor": "Who did it, like key/key_…",
    "ce_traceparent": "The trace (W3C Trace Context)",
    "ce_livemode": "true or false: false for what belongs to test data alone",
    "ce_shared": "true where test and live data share the resource; else there is none",
}
_ALWAYS = ("ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type",
           "ce_sequence", "ce_position", "ce_dataschema", "ce_correlationid", "ce_livemode")  # fmt: skip


def document(published: Iterable[PublishedType] = PUBLISHED) -> JSONObject:
    """The whole document."""
    types = [one for one in published if one.topic is not None]
    messages: JSONObject = {one.type: _message(one) for one in types}
    messages[HEARTBEAT] = {
        "name": HEARTBEAT,
        "summary": "A partition's heartbeat, every 500 ms: everything up to `ce_position` has been sent. Skip it.",
        "headers": {
            "type": "object",
            "required": ["ce_type", "ce_position"],
            "properties": {"ce_type": {"const": HEARTBEAT}, "ce_position": _TEXT},
        },
    }
    channels: JSONObject = {}
    operations: JSONObject = {}
    for topic, description in _CHANNELS.items():
        names = [*(one.type for one in types if one.topic == topic), HEARTBEAT]
        channels[topic] = {
            "address": topic,
            "description": description,
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        }
        operations[f"send.{topic}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{topic}"},
            "messages": [{"$ref": f"#/channels/{topic}/messages/{name}"} for name in names],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Atrium's event stream",
            "version": "1",
            "description": _DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": {"CloudEvent": _headers()},
        },
    }


def written(value: JSONObject) -> str:
    """The document as it stands in its file."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _message(one: PublishedType) -> JSONObject:
    return {
        "name": one.type,
        "summary": one.description,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEvent"},
        "payload": _inlined(one.schema()),
        "bindings": {"kafka": {"key": _TEXT}},
    }


def _headers() -> JSONObject:
    properties: JSONObject = {name: {"type": "string", "description": told} for name, told in _HEADERS.items()}
    required: list[JSON] = list(_ALWAYS)
    return {"type": "object", "required": required, "properties": properties}


def _inlined(schema: JSONObject) -> JSONObject:
    """The schema without `$defs`: a reference inside it would be read from the document's root."""
    definitions = cast("JSONObject", schema.get("$defs", {}))

    def without_references(value: JSON) -> JSON:
        if isinstance(value, list):
            return [without_references(part) for part in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            target = cast("JSONObject", definitions[reference.removeprefix("#/$defs/")])
            return without_references({**target, **{name: part for name, part in value.items() if name != "$ref"}})
        return {name: without_references(part) for name, part in value.items()}

    return cast("JSONObject", without_references({name: part for name, part in schema.items() if name != "$defs"}))


if __name__ == "__main__":
    PATH.write_text(written(document()))
