"""JSON merge patch (RFC 7396), for fields like `settings` that a PATCH merges instead of replacing."""

from __future__ import annotations

from collections.abc import Mapping

from atrium_common.jsontypes import JSON, JSONObject


def merge_patch(target: Mapping[str, JSON], patch: Mapping[str, JSON]) -> JSONObject:
    """The target after the patch: objects are merged, null removes, anything else replaces. Neither is changed."""
    result: JSONObject = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            present = result.get(name)
            result[name] = merge_patch(present if isinstance(present, dict) else {}, value)
        else:
            result[name] = value
    return result
