"""The checker: holds the client's journal against what was really there, and says what is lost, doubled or leaked.

Pure, so that it can be tested with planted losses. How it decides: ADR 0027.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tests.chaos.journal import Entry, State
from tests.chaos.observed import Observed, Row

# What is made once under a name of its own, and the public event that tells of it.
MADE = {
    "workspace.create": "workspace.created",
    "namespace.create": "namespace.created",
    "key.create": "api_key.created",
    "package.give": "entitlement.provisioned",
}


class Finding(NamedTuple):
    """Something that must not be. `kind`: lost, doubled, leaked, invented, altered, stale, refused, unclean."""

    kind: str
    where: str
    what: str


def reconcile(journal: Sequence[Entry], observed: Observed) -> list[Finding]:
    """Everything that is wrong, each thing once."""
    found: list[Finding] = []
    for rule in (
        _nothing_was_refused,
        _what_was_made_is_there_once,
        _rows_are_as_last_told,
        _usage_adds_up,
        _clients_events_are_there_once,
        _facts_are_on_the_stream_in_order,
        _facts_have_arrived,
        _deliveries_are_single_and_settled,
        _nothing_has_leaked,
        _keys_open_what_they_should,
        _limits_were_told_once,
    ):
        found += rule(journal, observed)
    found += [Finding("unclean", "audit", line) for line in observed.audit]
    return list(dict.fromkeys(found))


def _of(journal: Iterable[Entry], kind: str, *states: State) -> list[Entry]:
    return [entry for entry in journal if entry.kind == kind and (not states or entry.state in states)]


def _nothing_was_refused(journal: Sequence[Entry], _: Observed) -> Iterator[Finding]:
    for entry in journal:
        if entry.state is State.REFUSED:
            kind = "stale" if entry.kind.endswith(".read") else "refused"
            yield Finding(kind, f"{entry.kind} {entry.subject}", f"{entry.tenant} was told {entry.told}")


def _what_was_made_is_there_once(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    deleted = {entry.subject for entry in _of(journal, "namespace.delete")}
    for kind, type_ in MADE.items():
        asked = {entry.subject: entry for entry in _of(journal, kind)}
        logged = Counter(fact.object_id for fact in observed.logged if fact.type == type_)
        for entry in asked.values():
            if entry.state is State.DONE and logged[entry.id] != 1:
                word = "doubled" if logged[entry.id] else "lost"
                yield Finding(
                    word, f"{kind} {entry.subject}", f"{logged[entry.id]} events in the log tell of {entry.id}"
                )
        if kind in {"key.create", "package.give"}:
            continue
        listed = (
            {"operator": observed.workspaces} if kind == "workspace.create" else observed.namespaces
        )  # by who lists them
        rows: dict[str, list[Row]] = defaultdict(list)
        for tenant, theirs in listed.items():
            for row in theirs:
                rows[row.name].append(row)
                if row.name not in asked:
                    yield Finding("invented", f"{kind} {row.name}", f"{tenant} lists {row.id}, which nobody asked for")
                elif asked[row.name].tenant != tenant:
                    yield Finding("leaked", f"{kind} {row.name}", f"{tenant} lists what is {asked[row.name].tenant}'s")
        names = Counter(fact.name for fact in observed.logged if fact.type == type_ and fact.name in asked)
        for name, entry in asked.items():
            if names[name] > 1 or len(rows[name]) > 1:
                yield Finding("doubled", f"{kind} {name}", f"{names[name]} in the log, {len(rows[name])} listed")
            if entry.state is State.DONE and entry.id not in deleted and entry.id not in {row.id for row in rows[name]}:
                yield Finding("lost", f"{kind} {name}", f"{entry.id} was acknowledged and is not listed")
            if (
                names[name]
                and not rows[name]
                and not deleted
                & {fact.object_id for fact in observed.logged if fact.type == type_ and fact.name == name}
            ):
                yield Finding("lost", f"{kind} {name}", "the log tells of it, and it is not listed")


def _rows_are_as_last_told(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    rows = {row.id: row for theirs in observed.namespaces.values() for row in theirs}
    gone = {entry.subject: entry for entry in _of(journal, "namespace.delete")}
    for id_, entry in gone.items():
        if entry.state is State.DONE and id_ in rows:
            yield Finding("lost", f"namespace.delete {id_}", "it was acknowledged and the namespace is still listed")
    allowed: dict[str, set[int]] = defaultdict(lambda: {0})
    for entry in sorted(_of(journal, "namespace.update", State.DONE, State.ASKED)):
        # One client changes a namespace, one change after the other: only what came after the last word can stand.
        before = set() if entry.state is State.DONE else allowed[entry.subject]
        allowed[entry.subject] = before | {entry.quantity}
    for id_, values in allowed.items():
        if id_ in rows and rows[id_].n not in values:
            yield Finding("altered", f"namespace {id_}", f"it says {rows[id_].n}, and last told was {sorted(values)}")


def _usage_adds_up(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    for tenant, used in observed.used.items():
        theirs = [entry for entry in _of(journal, "usage") if entry.tenant == tenant]
        least = sum(entry.quantity for entry in theirs if entry.state is State.DONE)
        most = least + sum(entry.quantity for entry in theirs if entry.state is State.ASKED)
        where = f"usage of {tenant}"
        if used.summary < least:
            yield Finding("lost", where, f"{least} were acknowledged, {used.summary} are counted")
        if used.summary > most:
            yield Finding("doubled", where, f"at most {most} can have been recorded, {used.summary} are counted")
        if used.summary != used.log:
            yield Finding("altered", where, f"the summary says {used.summary}, the log adds up to {used.log}")
        if used.summary > used.limit:
            yield Finding("doubled", where, f"{used.summary} of {used.limit} were granted")


def _clients_events_are_there_once(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    for tenant, told in observed.events.items():
        asked = {entry.subject: entry for entry in _of(journal, "event") if entry.tenant == tenant}
        times = Counter(each.n for each in told)
        ids = {each.id for each in told}
        for n, count in times.items():
            if n not in asked:
                yield Finding("invented", f"event {n}", f"{tenant} lists an event that it did not send")
            elif count > 1:
                yield Finding("doubled", f"event {n}", f"{count} events of {tenant} were made of one")
        for n, entry in asked.items():
            if entry.state is State.DONE and entry.id not in ids:
                yield Finding("lost", f"event {n}", f"{entry.id} of {tenant} was acknowledged and is not listed")


def _facts_are_on_the_stream_in_order(_: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    known = {fact.id: fact for fact in observed.logged}
    for id_, count in Counter(fact.id for fact in observed.logged).items():
        if count > 1:
            yield Finding("doubled", f"log {id_}", f"{count} commits hold this event")
    streamed = {fact.id for fact in observed.streamed}
    for id_ in known.keys() - streamed:
        yield Finding("lost", f"stream {known[id_].type} {id_}", "the log holds it, the stream does not")
    last: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    for fact in observed.streamed:
        if fact.id in seen:
            continue
        seen.add(fact.id)
        if fact.id not in known:
            yield Finding("invented", f"stream {fact.type} {fact.id}", "the stream has it, no log does")
        if fact.sequence <= last[fact.subject]:
            yield Finding("altered", f"stream {fact.subject}", f"{fact.sequence} came after {last[fact.subject]}")
        last[fact.subject] = fact.sequence


def _facts_have_arrived(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    """Each tenant has one endpoint for everything, made before the load and never changed."""
    got = {(receipt.tenant, receipt.event_id) for receipt in observed.receipts}
    names = {entry.subject for kind in MADE for entry in _of(journal, kind)}
    ids = {entry.id for kind in MADE for entry in _of(journal, kind, State.DONE)}
    owed = {(entry.tenant, entry.id) for entry in _of(journal, "event", State.DONE)}
    for fact in observed.logged:
        if fact.name in names or fact.object_id in ids:
            owed |= {(tenant, fact.id) for tenant, id_ in observed.tenants.items() if id_ in fact.workspaces}
    types = {fact.id: f"{fact.type} {fact.name}" for fact in observed.logged}
    for tenant, event_id in sorted(owed - got):
        yield Finding("lost", f"webhook {types.get(event_id, 'event')} {event_id}", f"{tenant}'s endpoint never got it")


def _deliveries_are_single_and_settled(_: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    single: dict[tuple[str, str], set[str]] = defaultdict(set)
    for sent in observed.deliveries:
        single[sent.tenant, sent.event_id].add(sent.id)
        if sent.status != "success":
            yield Finding("lost", f"delivery {sent.id}", f"{sent.type} for {sent.tenant} has ended as {sent.status}")
    listed = {sent.id for sent in observed.deliveries}
    bodies: dict[str, set[str]] = defaultdict(set)
    for receipt in observed.receipts:
        single[receipt.tenant, receipt.event_id].add(receipt.delivery_id)
        bodies[receipt.delivery_id].add(receipt.digest)
        if receipt.delivery_id not in listed:
            yield Finding("invented", f"delivery {receipt.delivery_id}", f"{receipt.tenant} got it, nobody lists it")
    for (tenant, event_id), ids in single.items():
        if len(ids) > 1:
            yield Finding("doubled", f"webhook {event_id}", f"{tenant} has {len(ids)} deliveries of it")
    for id_, digests in bodies.items():
        if len(digests) > 1:
            yield Finding("altered", f"delivery {id_}", "its attempts had different bodies")
    got = {receipt.delivery_id for receipt in observed.receipts}
    for sent in observed.deliveries:
        if sent.status == "success" and sent.id not in got:
            yield Finding("lost", f"delivery {sent.id}", f"it says success, and {sent.tenant} never got it")


def _nothing_has_leaked(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    owners = {entry.id: entry.tenant for entry in _of(journal, "event", State.DONE)}
    for receipt in observed.receipts:
        if receipt.workspace != observed.tenants[receipt.tenant]:
            yield Finding("leaked", f"webhook {receipt.event_id}", f"{receipt.tenant} got one of {receipt.workspace}")
        if owners.get(receipt.event_id, receipt.tenant) != receipt.tenant:
            yield Finding("leaked", f"webhook {receipt.event_id}", f"{receipt.tenant} got {owners[receipt.event_id]}'s")
    for entry in _of(journal, "stranger", State.DONE):
        yield Finding("leaked", f"namespace {entry.subject}", f"{entry.tenant} could read another tenant's")
    for tenant, told in observed.events.items():
        for each in told:
            if owners.get(each.id, tenant) != tenant:
                yield Finding("leaked", f"event {each.id}", f"{tenant} lists {owners[each.id]}'s")


def _keys_open_what_they_should(journal: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    revoked = {entry.subject: entry.state for entry in _of(journal, "key.revoke")}
    for entry in _of(journal, "key.create", State.DONE):
        for door, opens in observed.keys.items():
            if entry.id not in opens:
                continue
            if revoked.get(entry.id) is State.DONE and opens[entry.id]:
                yield Finding("leaked", f"key {entry.id}", f"it was revoked and opens {door}")
            if entry.id not in revoked and not opens[entry.id]:
                yield Finding("lost", f"key {entry.id}", f"it was given out and does not open {door}")


def _limits_were_told_once(_: Sequence[Entry], observed: Observed) -> Iterator[Finding]:
    for tenant, used in observed.used.items():
        for threshold in (80, 90, 100):
            crossed = used.summary * 100 >= used.limit * threshold
            told = {each.event_id for each in observed.receipts if (each.tenant, each.threshold) == (tenant, threshold)}
            if crossed and not told:
                yield Finding("lost", f"alert of {tenant}", f"{threshold} % was crossed and nobody was told")
            if len(told) > int(crossed):
                yield Finding("doubled", f"alert of {tenant}", f"{threshold} % was told {len(told)} times")
