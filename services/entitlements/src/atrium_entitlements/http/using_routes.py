"""The routes of usage and reservations."""

from __future__ import annotations

from datetime import timedelta

from atrium_common.errors import ValidationFailed
from atrium_common.http.reply import Reply
from atrium_common.http.route import BASE, Call, Route
from atrium_entitlements.application.holders import Holders
from atrium_entitlements.application.using import Using
from atrium_entitlements.http import models

READ, WRITE = "usage:read", "usage:write"
_LATEST = timedelta(hours=24)
_AHEAD = timedelta(minutes=1)
"""How far a client's clock may go ahead of ours."""
_HELD, _ENDED = 1, 2
"""The versions of a reservation: it is made once and ends once."""


def using_routes(using: Using, holders: Holders) -> list[Route]:
    """Usage of the holder in context."""

    async def use(call: Call) -> Reply:
        body = call.read(models.Use)
        if body.occurred_at is not None and not call.at - _LATEST <= body.occurred_at <= call.at + _AHEAD:
            raise ValidationFailed({"occurred_at": ["Must lie in the last 24 hours."]})
        holder = await holders.of(call.principal)
        return Reply.bare(
            await using.record(
                call.command,
                holder,
                body.feature,
                body.quantity,
                enforce=body.enforce,
                occurred_at=body.occurred_at,
                metadata=body.metadata,
            )
        )

    async def reserve(call: Call) -> Reply:
        body = call.read(models.Reserve)
        holder = await holders.of(call.principal)
        made = await using.reserve(
            call.command,
            holder,
            body.feature,
            body.quantity,
            ttl=timedelta(seconds=body.ttl_seconds),
            metadata=body.metadata,
        )
        if not made["reserved"]:
            return Reply.one(made)
        location = f"{call.public_base}{BASE}/entitlements/reservations/{made['id']}"
        return Reply.created(made, location=location, version=_HELD)

    async def read(call: Call) -> Reply:
        holder = await holders.of(call.principal)
        found = await using.reservation(holder, call.params["reservation_id"], at=call.at)
        return Reply.one(found, version=_HELD if found["status"] == "held" else _ENDED)

    async def commit(call: Call) -> Reply:
        body = call.read(models.CommitReservation)
        holder = await holders.of(call.principal)
        return Reply.one(await using.commit(call.command, holder, call.params["reservation_id"], body.quantity))

    async def release(call: Call) -> Reply:
        holder = await holders.of(call.principal)
        return Reply.one(await using.release(call.command, holder, call.params["reservation_id"]))

    base = f"{BASE}/entitlements"
    one = f"{base}/reservations/{{reservation_id}}"
    return [
        Route("POST", f"{base}/usage", use, "Record usage", WRITE, models.Use, models.Recorded, bare=True,
              permission=WRITE),
        Route("POST", f"{base}/reservations", reserve, "Hold a quantity for a time", WRITE, models.Reserve,
              models.Reservation, status=201, permission=WRITE,
              otherwise={200: models.Reservation},
              description="Answers 200 with `reserved: false` and the reason where the limit does not allow it."),
        Route("GET", one, read, "Get a reservation", READ, answer=models.ReservationState, permission=READ),
        Route("POST", f"{one}/commit", commit, "Use what is held", WRITE, models.CommitReservation,
              models.Reservation, permission=WRITE),
        Route("POST", f"{one}/release", release, "Give up what is held", WRITE, answer=models.Reservation,
              permission=WRITE),
    ]  # fmt: skip
