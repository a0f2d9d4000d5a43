"""A tenant's story against a real suite behind a scriptable server; run by `make test-sdks`."""

import os
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx

from atrium_sdk import Client, Options, webhooks

arrived: list[dict[str, Any]] = []
secrets: list[str] = []


class Receiver(BaseHTTPRequestHandler):
    """Believes only what is signed."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        arrived.append(webhooks.verify(body, dict(self.headers.items()), secrets))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.05)


def script(*answers: dict[str, Any]) -> None:
    httpx.post(f"{os.environ['ATRIUM_BASE_URL']}/_script", json=answers).raise_for_status()


receiver = HTTPServer(("127.0.0.1", 0), Receiver)
Thread(target=receiver.serve_forever, daemon=True).start()

with Client() as operator:
    workspace = operator.workspaces.create(name="Story in Python", tier="pro")
    key = operator.api_keys.create(name="all", scopes=["*"], options=Options(workspace=workspace.id))

with Client(key.key or "") as client:
    hook = client.webhooks.create(url=f"http://127.0.0.1:{receiver.server_port}/hooks", events=["namespace.*"])
    secrets.append(hook.secret or "")

    script({"forward": True, "drop": True})
    first = client.namespaces.create(name="First")
    wait = {"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "Wait."}}
    script({"status": 429, "headers": {"Retry-After": "1"}, "body": wait})
    second = client.namespaces.create(name="Second")
    assert sorted(each.name for each in client.namespaces.list(per_page=1)) == ["First", "Second"]

    used = client.entitlements.record_usage(feature="seats", quantity=3, enforce=True)
    assert (used.recorded, used.current_usage) == (True, 3)

    until(lambda: {first.id, second.id} <= {event["data"]["object"]["id"] for event in arrived}, "both webhooks")
    until(lambda: all(each.status == "success" for each in client.deliveries.list(hook.id)), "the deliveries' success")
    deliveries = list(client.deliveries.list(hook.id, per_page=1))
    assert len({each.id for each in deliveries}) == len(deliveries) == 2

print("the story holds")
