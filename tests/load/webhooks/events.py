"""What the webhooks' benchmark sends, and to whom."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Command, Transaction
from atrium_common.jsontypes import JSONObject
from atrium_common.store.commit import EventRecord, Proposal, Publication, Slice
from atrium_webhooks import rows
from atrium_webhooks.domain import endpoint as domain
from atrium_webhooks.domain.credentials import new_credentials

WORKSPACE = "wks_bench"


SECRET = "whsec_" + "A" * 43 + "="


def committed(number: int, *, timed: bool) -> Proposal:
    data: JSONObject = {
        "object": {
            "id": f"ns_{number:026}",
            "type": "namespace",
            "attributes": {"name": "Acme Corporation", "slug": "acme-corp", "description": "x" * 120, "n": number},
        },
        "t": round(time.monotonic(), 6) if timed else 0.0,
    }
    published = Publication(
        type="namespace.created", data=data, key=WORKSPACE, workspace_ids=(WORKSPACE,), livemode=None,
        workspace_id=WORKSPACE,
    )  # fmt: skip
    unique = f"{number:010}{os.urandom(4).hex()}"
    record = EventRecord(f"evt_{unique}", "namespace.created", 1, {"n": number}, published)
    return Proposal(f"c{unique}", datetime.now(UTC), (Slice(f"namespace/{unique}", 0, (record,)),), outcome={})


async def endpoint(repository: Repository, url: str) -> str:
    endpoint_id = repository.ids.new("wh")
    settings = domain.EndpointSettings(url=url, events=("namespace.*",))
    created = domain.WebhookCreated(
        workspace_id=WORKSPACE,
        settings=settings,
        credentials=new_credentials(endpoint_id, secret=SECRET, randomness=os.urandom),
        is_active=True,
        livemode=True,
        at=datetime.now(UTC),
    )

    async def decide(tx: Transaction) -> JSONObject:
        await tx.emit(rows.ENDPOINT, endpoint_id, created)
        return {}

    await repository.transact(Command(repository.ids.new("cmd"), datetime.now(UTC)), decide)
    return endpoint_id
