"""A scriptable server: `python -m sdks.conformance.server` prints its URL, and ends when its standard input does.

`POST /_script` with a list of answers sets it up anew: each is `{"status", "headers"?, "body"?}`, `{"drop": true}`
(the request arrives, the connection breaks) or has `"delay": seconds` beside. `GET /_requests` tells what came since:
`{"method", "path", "query", "headers", "body", "at"}`, `at` in seconds on a clock that never goes back. In headers and
bodies `{base}` stands for the server's URL and `{now+N}` for the Unix second in N seconds.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from typing import Any

import orjson
from aiohttp import web


class ScriptedServer:
    """Answers as it was told."""

    def __init__(self) -> None:
        self.base = ""
        self._answers: list[dict[str, Any]] = []
        self._requests: list[dict[str, Any]] = []

    async def start(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application()
        app.router.add_post("/_script", self._script)
        app.router.add_get("/_requests", self._told)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _script(self, request: web.Request) -> web.Response:
        self._answers = orjson.loads(await request.read())
        self._requests = []
        return web.json_response({})

    async def _told(self, _: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(self._requests), content_type="application/json")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self._requests.append(
            {
                "method": request.method,
                "path": request.raw_path.partition("?")[0],
                "query": dict(request.query),
                "headers": {name.lower(): value for name, value in request.headers.items()},
                "body": orjson.loads(raw) if raw else None,
                "at": time.monotonic(),
            }
        )
        answer: dict[str, Any] = {"status": 500, "body": {"error": {"code": "UNSCRIPTED"}}}
        if self._answers:
            answer = self._answers.pop(0)
        await asyncio.sleep(answer.get("delay", 0))
        if answer.get("drop"):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        body = answer.get("body")
        text = "" if body is None else self._filled(orjson.dumps(body).decode())
        headers = {name: self._filled(value) for name, value in answer.get("headers", {}).items()}
        return web.Response(status=answer["status"], text=text, headers={"Content-Type": "application/json", **headers})

    def _filled(self, text: str) -> str:
        text = text.replace("{base}", self.base)
        return re.sub(r"{now\+(\d+)}", lambda found: str(int(time.time()) + int(found[1])), text)


async def _main() -> None:
    server = ScriptedServer()
    await server.start()
    print(server.base, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
