"""A scriptable server: `python -m sdks.conformance.server` prints its URL, and ends when its standard input does.

`POST /_script` with a list of answers sets it up anew: each is `{"status", "headers"?, "body"?}` (or `"text"`, which
is no JSON), `{"drop": true}` (the request arrives, the connection breaks) or has `"delay": seconds` or `"cut": true`
(half of its body comes, the connection ends) beside. `GET /_requests` tells what came since: `{"method", "path",
"query", "headers", "body", "at"}`, `at` in seconds on a clock that never goes back. In headers and bodies `{base}`
stands for the server's URL and `{now+N}` for the Unix second in N seconds.

With an API's URL as its argument it stands in front of that API: what no answer is scripted for goes there, and
`{"forward": true, "drop": true}` lets the API act and its answer get lost. `/_sdk/` has the built JavaScript SDK, for
tests in a browser.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

_UNSCRIPTED = {"status": 500, "body": {"error": {"code": "UNSCRIPTED"}}}
BUILT = Path(__file__).parents[1] / "javascript/dist/esm"
_OWN = {"host", "content-length", "transfer-encoding", "connection"}


class ScriptedServer:
    """Answers as it was told."""

    def __init__(self, upstream: str | None) -> None:
        self.base = ""
        self._upstream = upstream
        self._session: aiohttp.ClientSession | None = None
        self._answers: list[dict[str, Any]] = []
        self._requests: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application()
        app.router.add_post("/_script", self._script)
        app.router.add_get("/_requests", self._told)
        app.router.add_get("/_sdk/page.html", self._page)
        if BUILT.is_dir():
            app.router.add_static("/_sdk/", BUILT)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(auto_decompress=False)

    async def close(self) -> None:
        """Let the connections to the API go."""
        if self._session is not None:
            await self._session.close()

    async def _script(self, request: web.Request) -> web.Response:
        self._answers = orjson.loads(await request.read())
        self._requests = []
        return web.json_response({})

    async def _told(self, _: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(self._requests), content_type="application/json")

    async def _page(self, _: web.Request) -> web.Response:
        return web.Response(
            text="<!doctype html><title>SDK</title><link rel=icon href=data:,>", content_type="text/html"
        )

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self._requests.append(
            {
                "method": request.method,
                "path": request.raw_path.partition("?")[0],
                "query": dict(request.query),
                "headers": {name.lower(): ", ".join(request.headers.getall(name)) for name in request.headers},
                "body": orjson.loads(raw) if raw else None,
                "at": time.monotonic(),
            }
        )
        answer: dict[str, Any] = {"forward": True} if self._upstream else dict(_UNSCRIPTED)
        if self._answers:
            answer = self._answers.pop(0)
        await asyncio.sleep(answer.get("delay", 0))
        response = await self._forwarded(request, raw) if answer.get("forward") else None
        if answer.get("drop"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        response = response or self._scripted(answer)
        return await _cut(request, response) if answer.get("cut") else response

    async def _forwarded(self, request: web.Request, raw: bytes) -> web.Response:
        assert self._session is not None  # noqa: S101 (made by start)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        url = f"{self._upstream}{request.raw_path}"
        async with self._session.request(request.method, url, data=raw or None, headers=headers) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    def _scripted(self, answer: dict[str, Any]) -> web.Response:
        body = answer.get("body")
        text = answer.get("text", "") if body is None else self._filled(orjson.dumps(body).decode())
        headers = {name: self._filled(value) for name, value in answer.get("headers", {}).items()}
        return web.Response(status=answer["status"], text=text, headers={"Content-Type": "application/json", **headers})

    def _filled(self, text: str) -> str:
        text = text.replace("{base}", self.base)
        return re.sub(r"{now\+(\d+)}", lambda found: str(int(time.time()) + int(found[1])), text)


async def _cut(request: web.Request, response: web.Response) -> web.StreamResponse:
    """The answer's head and half of its body, and no more."""
    body = response.text or ""
    half = web.StreamResponse(status=response.status, headers={"Content-Length": str(len(body.encode()))})
    await half.prepare(request)
    await half.write(body[: len(body) // 2].encode())
    if request.transport is not None:
        request.transport.close()
    return half


async def _main(upstream: str | None) -> None:
    server = ScriptedServer(upstream)
    await server.start()
    print(server.base, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.close()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1] if len(sys.argv) > 1 else None))
