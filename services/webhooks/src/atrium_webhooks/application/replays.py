"""Commands on replays: starting one, looking at it, calling it off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from atrium_common.clock import rfc3339
from atrium_common.errors import NotFound, StateConflict, ValidationFailed
from atrium_common.eventing.repository import Repository
from atrium_common.eventing.transaction import Transaction
from atrium_common.http.route import Call
from atrium_common.ids import Ids
from atrium_common.jsontypes import JSONObject
from atrium_common.store.documents import Absent, Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_webhooks.application.endpoints import DISABLED, Endpoints
from atrium_webhooks.application.replaying import Replaying
from atrium_webhooks.domain import replay as domain
from atrium_webhooks.rows import REPLAYS

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Replays:
    """The replays of endpoints."""

    endpoints: Endpoints
    repository: Repository
    documents: Documents
    replaying: Replaying
    ids: Ids
    kept_for: timedelta

    async def start(
        self, call: Call, endpoint_id: str, *, since: datetime, until: datetime | None, wanted: domain.Wanted | None
    ) -> Document:
        """Begin a job over the events from `since` to `until` (now, where it is None).

        Raises:
            NotFound, ValidationFailed.
            StateConflict: the endpoint is not active: nothing could be sent.
        """
        if since > (until or call.at):
            raise ValidationFailed({"since": ["Must be before until, and not in the future."]})
        endpoint = (await self.endpoints.read(call, endpoint_id)).there
        if not endpoint.is_active:
            raise StateConflict("disabled", "replay", DISABLED)

        async def decide(tx: Transaction) -> JSONObject:
            return {"id": self.ids.new("rpl"), "at": rfc3339(tx.at)}

        # Only the commit makes the job one for all retries of this command; it is put where a crash left none.
        done = await self.repository.transact(call.command, decide)
        replay_id, at = str(done.outcome["id"]), str(done.outcome["at"])
        known = await self.documents.get(REPLAYS.name, replay_id)
        if known is not None:
            return known
        body = domain.new_replay(
            endpoint_id=endpoint_id,
            workspace_id=endpoint.workspace_id,
            livemode=endpoint.livemode,
            since=rfc3339(since),
            until=at if until is None else min(rfc3339(until), at),
            statuses=domain.wanted_statuses(wanted),
            at=at,
        )
        body["total"] = await self.replaying.count(replay_id, body, endpoint)
        expires_at = call.at + self.kept_for
        await self.documents.write([Put(REPLAYS.name, replay_id, body, 1, Absent(), expires_at)])
        self.replaying.wake()
        return Document(replay_id, 1, body, expires_at)

    async def read(self, call: Call, endpoint_id: str, replay_id: str) -> Document:
        """A job of an endpoint of the workspace in context.

        Raises:
            NotFound: there is none.
        """
        await self.endpoints.read(call, endpoint_id)
        found = await self.documents.get(REPLAYS.name, replay_id)
        if found is None or found.body["endpoint_id"] != endpoint_id:
            raise NotFound("replay", replay_id)
        return found

    async def cancel(self, call: Call, endpoint_id: str, replay_id: str) -> Document:
        """Call a job off; what it has made due already is still sent.

        Raises:
            NotFound: there is none.
            StateConflict: it is completed.
        """
        for _ in range(_ATTEMPTS):
            found = await self.read(call, endpoint_id, replay_id)
            if found.body["status"] == "cancelled":
                return found
            if found.body["status"] not in domain.UNFINISHED:
                raise StateConflict(str(found.body["status"]), "cancel", "The replay is completed.")
            body = domain.ended(found.body, reason=None, at=rfc3339(call.at))
            version = found.version + 1
            put = Put(REPLAYS.name, replay_id, body, version, Is(found.version), found.expires_at)
            (done,) = await self.documents.write([put])
            if done:
                return Document(replay_id, version, body, found.expires_at)
        raise StateConflict("running", "cancel", "The replay moves on too fast. Try again.")
