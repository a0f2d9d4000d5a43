"""The operator's way through the gateway, with the operator's key: what a person with that key could do too."""

from __future__ import annotations

import os
from typing import Any

import aiohttp

from atrium_common.settings import Settings
from atrium_local.data_directory import DataDirectory
from atrium_local.options import DEFAULT_URL, Failed

_SECONDS = 30


class Refused(Failed):
    """The API refuses a call.

    Attributes:
        status: of its answer.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def refusal(status: int, content: object) -> str:
    """The API's own words of an answer that refuses, on one line."""
    fault = content.get("error", {}) if isinstance(content, dict) else {}
    details = "".join(f"; {name}: {' '.join(texts)}" for name, texts in (fault.get("details") or {}).items())
    return f"{status} {fault.get('code', '')}: {fault.get('message', '')}{details}"


def unreached(base: str, error: Exception) -> str:
    """Why the gateway at `base` could not be asked, and what to do."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return (
            f"the certificate of {base} is not trusted ({error.certificate_error}): name the CA that signed it, like"
            " SSL_CERT_FILE=ca.pem, and give --url with a name that is in the certificate"
        )
    return f"no gateway answers at {base} ({error}): give --url, or start `atrium up`"


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
            Refused: it is refused, with the API's own words.
            Failed: nobody answers.
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
            raise Failed(unreached(self._base, error)) from error
        raise Refused(answer.status, refusal(answer.status, content))
