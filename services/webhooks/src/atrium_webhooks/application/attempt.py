"""One attempt of a delivery: what is sent, and what is remembered of it."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import cast

from atrium_common.clock import Clock, parse_rfc3339, rfc3339
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.tracing import Span, tracer
from atrium_webhooks.application.kept import Keeper, body_of, subjects_of
from atrium_webhooks.application.lane import Waiting
from atrium_webhooks.application.sender import Sender, Sent
from atrium_webhooks.domain.custom_headers import masked
from atrium_webhooks.domain.delivery import Status, attempted, place
from atrium_webhooks.domain.endpoint import Endpoint
from atrium_webhooks.domain.schedule import Verdict, judge
from atrium_webhooks.domain.signing import signature, standard_signature

USER_AGENT = f"Atrium-Webhooks/{version('atrium-webhooks')}"
_NO_EVENT = "The event is kept no longer."


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was made.

    Attributes:
        number: from 1, manual retries counted on.
        first: whether it was the first of its round.
        entry: what is remembered of it (`domain.delivery.attempted`).
    """

    number: int
    first: bool
    sent: Sent
    verdict: Verdict
    entry: JSONObject
    at: datetime

    @property
    def succeeded(self) -> bool:
        """Whether the receiver took it."""
        return self.verdict.outcome == "success"

    def applied(self, body: JSONObject, *, ordered: bool) -> JSONObject:
        """The delivery after it; in an ordered line it keeps its place until it is finished."""
        following = self.verdict.next_attempt_at
        due = None if following is None else rfc3339(following)
        sequence = cast("int", body["sequence"])
        if due is not None and ordered and sequence:
            due = place(sequence)
        return attempted(
            body, entry=self.entry, status=self.verdict.outcome, due=due, next_attempt_at=following, at=self.at
        )

    def noted(self, body: JSONObject) -> JSONObject:
        """The delivery after it, where a client asked for a retry meanwhile: a failure leaves that retry due."""
        if self.succeeded:
            return self.applied(body, ordered=False)
        status: Status = "cancelled" if body["status"] == "cancelled" else "retrying"
        planned = body["next_attempt_at"]
        after = attempted(
            body,
            entry=self.entry,
            status=status,
            due=cast("str | None", body["due"]),
            next_attempt_at=None if planned is None else parse_rfc3339(str(planned)),
            at=self.at,
        )
        return {**after, "round_start": self.number}


class Attempts:
    """Makes attempts by the platform's schedule, or by the endpoint's own."""

    def __init__(self, sender: Sender, keeper: Keeper, *, schedule: Sequence[float], clock: Clock) -> None:
        self._sender = sender
        self._keeper = keeper
        self._schedule = schedule
        self._clock = clock
        self._tracer = tracer()

    async def make(self, endpoint: Endpoint, waiting: Waiting) -> Attempt:
        """Send the delivery once; nothing is raised, nothing stored."""
        delivery = waiting.document
        number = waiting.attempts + 1
        of_round = number - cast("int", delivery.body["round_start"])
        began = self._clock.now()
        if waiting.kept:
            body = body_of(
                str(delivery.body["event_id"]),
                await self._keeper.opened(waiting.kept),
                workspace_id=endpoint.workspace_id,
                livemode=endpoint.livemode,
            )
            trace = str(cast("JSONObject", waiting.kept["attributes"]).get("traceparent") or "")
            span = self._begin(delivery.key, str(waiting.kept["type"]), trace, number=number)
            trace = _child_of(trace) if span is None else span.traceparent
            headers = _headers(endpoint, waiting, body, number=number, now=began, traceparent=trace)
            sent = await self._sender.send(endpoint.url, headers, body)
            if span is not None:
                span.end({"http.response.status_code": sent.status or 0}, fault=sent.error or "")
            at = self._clock.now()
            schedule = endpoint.retry_schedule or self._schedule
            verdict = judge(sent.attempted, attempt=of_round, schedule=schedule, now=at, random=random.random)
        else:
            headers, sent, at, verdict = {}, Sent(error=_NO_EVENT, error_class="protocol"), began, Verdict("failed")
        entry = _entry(sent, {**headers, **masked(endpoint.headers)} if headers else {}, number=number, began=began)
        response = entry["response"]
        if isinstance(response, dict) and (subjects := subjects_of(waiting.kept)):
            response["body"] = await self._keeper.sealed_text(sent.body, subjects)
        return Attempt(number, of_round == 1, sent, verdict, entry, at)

    def _begin(self, delivery: str, event_type: str, trace: str, *, number: int) -> Span | None:
        """A span for the attempt, where spans are recorded."""
        if self._tracer is None:
            return None
        told: dict[str, str | int] = {"atrium.delivery_id": delivery, "atrium.attempt": number}
        return self._tracer.begin(f"deliver {event_type}", "CLIENT", trace, told)


def _headers(
    endpoint: Endpoint, waiting: Waiting, body: bytes, *, number: int, now: datetime, traceparent: str
) -> dict[str, str]:
    """The headers of spec/webhooks.md, "Headers of a delivery"; ours go before the endpoint's own."""
    delivery, kept = waiting.document, waiting.kept
    event_id = str(delivery.body["event_id"])
    live = endpoint.signing(now)
    shared = [str(each.secret.text) for each in live]
    own = [str(each.signing_key.text) for each in live] if "v1a" in endpoint.signatures else []
    timestamp = int(now.timestamp())
    standard = standard_signature(
        shared if "v1" in endpoint.signatures else (),
        message_id=event_id,
        timestamp=timestamp,
        body=body,
        signing_keys=own,
    )
    headers = {
        **endpoint.headers,
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Webhook-ID": event_id,
        "X-Webhook-Event": str(kept["type"]),
        "X-Webhook-Delivery": delivery.key,
        "X-Webhook-Attempt": str(number),
        "X-Webhook-Timestamp": str(timestamp),
        "X-Webhook-Signature": signature(shared[0], body),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard,
    }
    if traceparent and "traceparent" not in {name.lower() for name in endpoint.headers}:
        headers["traceparent"] = traceparent
    return headers


def _child_of(traceparent: str) -> str:
    """The same trace, a span of its own (W3C Trace Context)."""
    parts = traceparent.split("-")
    if len(parts) < 4:  # noqa: PLR2004 (version, trace, parent, flags)
        return traceparent
    parts[2] = secrets.token_hex(8)
    return "-".join(parts)


def _entry(sent: Sent, headers: dict[str, str], *, number: int, began: datetime) -> JSONObject:
    response: JSONObject | None = None
    if sent.status is not None:
        response = {"headers": cast("JSON", sent.headers), "body": sent.body, "truncated": sent.truncated}
    return {
        "attempt": number,
        "at": rfc3339(began),
        "status_code": sent.status,
        "error": sent.error,
        "error_class": sent.error_class,
        "duration_ms": round(sent.total),
        "timings": {
            "dns": _rounded(sent.steps.dns),
            "connect": _rounded(sent.steps.connect),
            "tls": _rounded(sent.steps.tls),
            "first_byte": _rounded(sent.first_byte),
            "total": _rounded(sent.total),
        },
        "remote_address": sent.steps.remote_address,
        "request": {"headers": cast("JSON", headers)},
        "response": response,
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 2)
