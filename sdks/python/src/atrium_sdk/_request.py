"""A call as a value: what the resources hand to a client, and what every attempt of it sends."""

from __future__ import annotations

import json
import platform
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, urlsplit

from atrium_sdk._omit import OMIT
from atrium_sdk._options import Options
from atrium_sdk._version import __version__

BASE = "/api/v1"
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
USER_AGENT = f"atrium-sdk-python/{__version__} python/{platform.python_version()}"


@dataclass(frozen=True)
class Request:
    """A call.

    Attributes:
        path: below `/api/v1`; one that a link gave has a query of its own.
        kind: the annotation of the answer, or None for none.
        shape: `one`, `list`, `bare` or `nothing` (see the generator's `Operation`).
    """

    method: str
    path: str
    kind: Any
    shape: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


def base_of(url: str) -> str:
    """The URL that `/api/v1` stands behind, whether it was given with that or without.

    Raises:
        ValueError: it is none.
    """
    base = re.sub(f"(?<=[^/]){BASE}$", "", url.rstrip("/")).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"base_url must begin with https:// (or http://) and a host, not be {url!r}")
    return base


def path_behind(link: str) -> str:
    """What stands behind `/api/v1` in a link of the API.

    Its host is not followed, where the key would go too; nor what its path has before, which a proxy may hide.
    """
    parts = urlsplit(link)
    path = f"/{parts.path.rpartition(f'{BASE}/')[2].lstrip('/')}"
    return f"{path}?{parts.query}" if parts.query else path


def path_of(template: str, **parameters: str) -> str:
    """The template with its parameters, escaped.

    Raises:
        ValueError: one is empty or a step in a path (`..`), which would name another resource.
    """
    for name, value in parameters.items():
        if not value:
            raise ValueError(f"{name} must not be empty")
        if value in {".", ".."}:
            raise ValueError(f"{name} must not be {value!r}")
    return template.format(**{name: quote(value, safe="") for name, value in parameters.items()})


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that were not left out, as JSON."""
    return {name: _json(value) for name, value in arguments.items() if value is not OMIT}


def query_text(query: Mapping[str, Any]) -> dict[str, str]:
    """Query parameters as text: lists with commas, booleans in lower case, None left out."""
    texts = {}
    for name, value in query.items():
        if value is None:
            continue
        if isinstance(value, (list, tuple)):
            texts[name] = ",".join(str(each) for each in value)
        else:
            texts[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return texts


def headers_of(request: Request, options: Options, api_key: str) -> dict[str, str]:
    """The headers, the same for every attempt: the idempotency key too.

    Raises:
        ValueError: one cannot be sent; its value, which may be a key, is not told.
    """
    headers = {"Authorization": f"Bearer {options.api_key or api_key}", "Accept": "application/json",
               "User-Agent": USER_AGENT}  # fmt: skip
    if request.method in WRITES:
        headers["Idempotency-Key"] = options.idempotency_key or str(uuid.uuid4())
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    named = {"X-Workspace-ID": options.workspace, "X-Namespace-ID": options.namespace, "If-Match": options.if_match,
             "If-None-Match": options.if_none_match}  # fmt: skip
    headers |= {name: value for name, value in named.items() if value is not None}
    spelt = {name.lower(): name for name in headers}
    headers |= {spelt.get(name.lower(), name): value for name, value in options.headers.items()}
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"the value of {name} has a line break or another character that no header may have")
    return headers


def content_of(request: Request) -> bytes | None:
    """The bytes of the body."""
    return None if request.body is None else json.dumps(request.body, ensure_ascii=False).encode()


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        moment = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {name: _json(each) for name, each in value.items() if each is not OMIT}
    if isinstance(value, (list, tuple)):
        return [_json(each) for each in value]
    return value
