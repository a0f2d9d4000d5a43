"""The shape of JSON values, for signatures that carry documents and event data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, Union

Scalar: TypeAlias = bool | int | float | str | None
JSON: TypeAlias = Union[Scalar, "list[JSON]", "dict[str, JSON]"]
JSONObject: TypeAlias = dict[str, JSON]
JSONMapping: TypeAlias = Mapping[str, JSON]
