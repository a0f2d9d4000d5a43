"""The proxy that aiohttp makes easiest: an application in front, a client session behind, nothing checked."""

from __future__ import annotations

import sys

import aiohttp
import uvloop
from aiohttp import web


async def _application(origin: str) -> web.Application:
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=512))

    async def forward(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {name: value for name, value in request.headers.items() if name.lower() not in {"host", "connection"}}
        async with session.request(request.method, origin + request.path_qs, headers=headers, data=body or None) as got:
            return web.Response(status=got.status, body=await got.read(), content_type="application/json")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", forward)
    return application


if __name__ == "__main__":
    uvloop.install()
    web.run_app(_application(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
