"""The operator's way through the gateway, with the operator's key: what a person with that key could do too."""

from __future__ import annotations

import os
from typing import Any

import aiohttp

from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory
from atrium_local.options import DEFAULT_URL, Failed

_SECONDS = 30


class GatewayClient:
    """Calls on the public API."""

    def __init__(self, settings: Settings, url: str | None) -> None:
        directory = DataDirectory(settings.data_dir)
        path = directory.operator_key
        self._key = os.environ.get("ATRIUM_API_KEY") or (path.read_text().strip() if path.exists() else "")
        if not self._key:
            raise Failed(f"no key: {path} is missing; set ATRIUM_API_KEY to the operator's key")
        self._base = (url or directory.gateway_url or DEFAULT_URL).rstrip("/")

    async def call(self, method: str, path: str, body: object = None, *, workspace: str | None = None) -> Any:
        """The answer's JSON, or None.

        Raises:
            Failed: it is refused, with the API's own words, or nobody answers.
        """
        headers = {"Authorization": f"Bearer {self._key}", **({"X-Workspace-ID": workspace} if workspace else {})}
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(method, f"{self._base}/api/v1/{path}", json=body, headers=headers) as answer,
            ):
                content = await answer.json() if answer.content_type == "application/json" else None
                if answer.ok:
                    return content
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Failed(f"no gateway answers at {self._base} ({error}): give --url, or start `atrium up`") from error
        fault = content.get("error", {}) if isinstance(content, dict) else {}
        details = "".join(f"; {name}: {' '.join(texts)}" for name, texts in (fault.get("details") or {}).items())
        raise Failed(f"{answer.status} {fault.get('code', '')}: {fault.get('message', '')}{details}")
