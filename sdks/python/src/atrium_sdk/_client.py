"""The clients: one that waits, one that is awaited. What they share stands in `_request`, `_retries` and `_answer`."""

from __future__ import annotations

import asyncio
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from atrium_sdk import _retries, errors
from atrium_sdk._answer import body_of, items_of, value_of
from atrium_sdk._async_resources import AsyncResources
from atrium_sdk._options import Options
from atrium_sdk._pages import AsyncPage, Page
from atrium_sdk._request import BASE, Request, base_of, content_of, headers_of, path_behind, query_text
from atrium_sdk._resources import Resources
from atrium_sdk._whole import limit_of, whole, whole_async

if TYPE_CHECKING:
    from typing import Self

TIMEOUT = 30.0
MAX_RETRIES = 2

RequestHook = Callable[[httpx.Request], None]
ResponseHook = Callable[[httpx.Response], None]


Transport = TypeVar("Transport", httpx.BaseTransport, httpx.AsyncBaseTransport)


class _Settings(ABC, Generic[Transport]):
    """What both clients are told."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        workspace: str | None = None,
        namespace: str | None = None,
        timeout: float = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        on_request: RequestHook | None = None,
        on_response: ResponseHook | None = None,
        transport: Transport | None = None,
    ) -> None:
        """Set a client up.

        Args:
            api_key: `sk_live_…`; else the environment's ATRIUM_API_KEY.
            base_url: where the API is, with or without `/api/v1`; else ATRIUM_BASE_URL, else a suite on this machine.
            workspace: the workspace in context of every call that names no other.
            namespace: the namespace in context, likewise.
            timeout: seconds until an attempt is answered, and again for all of its answer; `math.inf`: no limit.
            max_retries: how often a failed attempt is repeated.
            on_request: sees every attempt before it is sent.
            on_response: sees every answer.
            transport: httpx's own, for proxies and tests.

        Raises:
            ValueError: no key is given, or the URL is none.
        """
        key = api_key or os.environ.get("ATRIUM_API_KEY", "")
        if not key:
            raise ValueError("give an API key: Client('sk_live_…'), or set ATRIUM_API_KEY")
        self._api_key = key
        self._base = base_of(base_url or os.environ.get("ATRIUM_BASE_URL") or "http://127.0.0.1:8080")
        self._options = Options(workspace=workspace, namespace=namespace, timeout=timeout, max_retries=max_retries)
        self._on_request = on_request
        self._on_response = on_response
        self._open(transport)

    @abstractmethod
    def _open(self, transport: Transport | None) -> None:
        """Make the connections, none of which is opened yet."""

    def _prepared(self, request: Request, options: Options | None) -> tuple[Options, str, dict[str, str]]:
        chosen = (options or Options()).over(self._options)
        return chosen, f"{self._base}{BASE}{request.path}", headers_of(request, chosen, self._api_key)

    def _again(self, attempt: int, chosen: Options, response: httpx.Response | None) -> float | None:
        """Seconds until the next attempt, or None where there is none."""
        if attempt > (chosen.max_retries or 0):
            return None
        headers: Mapping[str, str] = {} if response is None else response.headers
        if response is not None and not _retries.is_retried(response.status_code, _code(response)):
            return None
        pause = _retries.wait(attempt, headers, now=datetime.now(timezone.utc))
        return pause if pause <= _retries.LONGEST_WAIT else None


class Client(_Settings[httpx.BaseTransport], Resources):
    """The API. Use it as a context manager, or close it; it keeps its connections. Threads may share it."""

    def _open(self, transport: httpx.BaseTransport | None) -> None:
        self._http = httpx.Client(transport=transport, follow_redirects=False)
        Resources.__init__(self, self)

    def __enter__(self) -> Self:
        """The client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def run(self, request: Request, options: Options | None = None) -> Any:
        """Make a call: the generated methods come here.

        Raises:
            ApiError, ConnectionFailed, NotModified: see `errors`.
        """
        response = self._send(request, options)
        body = body_of(request, response.status_code, response.content, response.headers)
        if request.shape != "list":
            return value_of(request, body, response.headers)

        def follow(url: str) -> Page[Any]:
            page: Page[Any] = self.run(replace(request, path=path_behind(url), query={}), options)
            return page

        return Page(items_of(request, body), body.get("meta") or {}, body.get("links") or {}, follow)

    def _send(self, request: Request, options: Options | None) -> httpx.Response:
        chosen, url, headers = self._prepared(request, options)
        attempt = 1
        while True:
            sent = self._http.build_request(request.method, url, **_parts(request, chosen, headers))
            if self._on_request is not None:
                self._on_request(sent)
            response, fault = None, None
            try:
                response = whole(self._http, sent, limit_of(chosen))
            except (httpx.TransportError, httpx.DecodingError) as error:
                fault = error
            if response is not None and self._on_response is not None:
                self._on_response(response)
            pause = self._again(attempt, chosen, response) if fault or _failed(response) else None
            if pause is None:
                return _checked(response, fault, headers)
            time.sleep(pause)
            attempt += 1


class AsyncClient(_Settings[httpx.AsyncBaseTransport], AsyncResources):
    """The API, awaited. Use it as an asynchronous context manager, or close it."""

    def _open(self, transport: httpx.AsyncBaseTransport | None) -> None:
        self._http = httpx.AsyncClient(transport=transport, follow_redirects=False)
        AsyncResources.__init__(self, self)

    async def __aenter__(self) -> Self:
        """The client itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def run(self, request: Request, options: Options | None = None) -> Any:
        """Make a call: the generated methods come here.

        Raises:
            ApiError, ConnectionFailed, NotModified: see `errors`.
        """
        response = await self._send(request, options)
        body = body_of(request, response.status_code, response.content, response.headers)
        if request.shape != "list":
            return value_of(request, body, response.headers)

        async def follow(url: str) -> AsyncPage[Any]:
            page: AsyncPage[Any] = await self.run(replace(request, path=path_behind(url), query={}), options)
            return page

        return AsyncPage(items_of(request, body), body.get("meta") or {}, body.get("links") or {}, follow)

    async def _send(self, request: Request, options: Options | None) -> httpx.Response:
        chosen, url, headers = self._prepared(request, options)
        attempt = 1
        while True:
            sent = self._http.build_request(request.method, url, **_parts(request, chosen, headers))
            if self._on_request is not None:
                self._on_request(sent)
            response, fault = None, None
            try:
                response = await whole_async(self._http, sent, limit_of(chosen))
            except (httpx.TransportError, httpx.DecodingError) as error:
                fault = error
            if response is not None and self._on_response is not None:
                self._on_response(response)
            pause = self._again(attempt, chosen, response) if fault or _failed(response) else None
            if pause is None:
                return _checked(response, fault, headers)
            await asyncio.sleep(pause)
            attempt += 1


def _parts(request: Request, chosen: Options, headers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "params": query_text(request.query) or None,
        "content": content_of(request),
        "headers": headers,
        "timeout": limit_of(chosen),
    }


def _failed(response: httpx.Response | None) -> bool:
    return response is None or response.is_error


def _checked(response: httpx.Response | None, fault: Exception | None, headers: Mapping[str, str]) -> httpx.Response:
    if response is None:
        key = headers.get("Idempotency-Key")
        raise errors.ConnectionFailed(f"no answer: {str(fault) or 'none in time'}", request_key=key) from fault
    return response


def _code(response: httpx.Response) -> str:
    try:
        error = response.json().get("error")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return str(error.get("code", "")) if isinstance(error, dict) else ""
