"""Erasing a person: nothing of it is left in any file or collection of any service."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pymongo
import pytest

from tests.e2e.suite import Receiver, Suite

pytestmark = pytest.mark.timeout(150)


def _in_files(directory: Path, marker: bytes) -> list[str]:
    found = []
    for path in directory.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if marker in content or marker.lower() in content.lower():
                found.append(path.name)
    return found


def _in_collections(suite: Suite, marker: str) -> list[str]:
    found = []
    with pymongo.MongoClient[dict[str, object]](suite.environment["ATRIUM_MONGODB_URL"]) as client:
        for name in client.list_database_names():
            if not name.startswith(suite.environment["ATRIUM_MONGODB_PREFIX"]):
                continue
            found += [
                f"{name}.{collection}"
                for collection in client[name].list_collection_names()
                if any(marker in str(document).lower() for document in client[name][collection].find())
            ]
    return found


async def test_an_erased_persons_data_is_in_no_file_and_no_collection_within_twenty_seconds(suite: Suite) -> None:
    marker = f"zz{os.urandom(6).hex()}"
    email, name = f"{marker}@example.com", f"Zoe {marker}"
    tenant, other = await suite.tenant(), await suite.tenant()
    context = {"X-Workspace-ID": tenant.workspace["id"]}
    async with Receiver() as receiver:
        await suite.created("webhooks", {"url": receiver.url, "events": ["*"]}, headers=context)
        once = {**context, "Idempotency-Key": marker[:8]}
        user = await suite.created("users", {"name": name, "email": email, "role": "admin"}, headers=once)
        key = await suite.created("api-keys", {"name": "k", "scopes": ["*"], "user_id": user["id"]}, headers=context)
        renamed = await suite.call("PATCH", f"users/{user['id']}", {"name": f"{name} II"}, key=key["key"])
        assert renamed.status == 200
        invitation = await suite.created(
            f"workspaces/{other.workspace['id']}/invitations", {"email": email}, key=other.key
        )
        await receiver.until("user.created", "user.updated")
    mongo = "ATRIUM_MONGODB_URL" in suite.environment

    def left() -> list[str]:
        kept = _in_files(suite.directory, marker.encode())
        return kept + (_in_collections(suite, marker) if mongo else [])

    # What it takes for the search to mean something: it finds what is there.
    assert left()
    assert (await suite.call("DELETE", f"users/{user['id']}", headers=context)).status == 204
    deadline = asyncio.get_running_loop().time() + 20
    while remaining := left():
        assert asyncio.get_running_loop().time() < deadline, remaining
        await asyncio.sleep(0.25)
    assert (await suite.call("GET", "user", key=key["key"])).status == 401
    assert (await suite.call("GET", f"users/{user['id']}", headers=context)).status == 404
    shown = await suite.call("GET", f"workspaces/{other.workspace['id']}/invitations/{invitation['id']}", key=other.key)
    assert (shown.data["email"], shown.data["status"]) == (None, "revoked")
    # every stream still loads: the suite answers, also after a restart
    assert suite.stop() == 0
    suite.start()
    assert (await suite.call("GET", "users", headers=context)).status == 200
    assert not left()
