"""What every event log must prove (design: the fifteen promises; these are 1 to 7 of them, by name)."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from atrium_common.store.commit import Claim, EventRecord, Further, Meta, Proposal, Publication, Release, Slice
from atrium_common.store.ports import ClaimTaken, EventLog, VersionConflict

AT = datetime(2030, 1, 1, tzinfo=UTC)


def event(number: int = 0) -> EventRecord:
    """An event with everything in it."""
    publication = Publication("thing.made", {"object": {"id": "t", "n": number}}, "wks_1", ("wks_1",), True, "wks_1")
    return EventRecord(f"evt_{uuid.uuid4().hex}", "thing.made", 1, {"n": number, "text": "ä€"}, publication)


def proposal(
    *slices: Slice, command: str | None = None, claims: tuple[Claim, ...] = (), releases: tuple[Release, ...] = ()
) -> Proposal:
    """A proposal with a fresh command id unless one is given."""
    meta = Meta("key/key_1", "req_1", "evt_0", "00-1-2-01")
    return Proposal(command or uuid.uuid4().hex, AT, slices, claims, releases, {"id": "t"}, meta)


def one(stream: str, expected: int, *, count: int = 1) -> Slice:
    """So many events for one stream."""
    return Slice(stream, expected, tuple(event(number) for number in range(count)))


class EventLogConformance:
    """Inherit, and give a fixture `log`."""

    async def test_a_commit_is_visible_whole_and_reads_back_as_it_was(self, log: EventLog) -> None:
        wanted = proposal(one("a/1", 0, count=2), one("b/1", 0), claims=(Claim("slug/x", "a/1"),))
        appended = await log.append(wanted)
        assert not appended.replayed
        (commit,) = await log.read_log(after=0, limit=10)
        assert commit == appended.commit
        assert commit.proposal == wanted
        assert await log.find(wanted.command_id) == commit
        assert [e.version for e in await log.read_stream("a/1")] == [1, 2]
        (event,) = await log.read_stream("b/1")
        (written,) = wanted.slices[1].events
        assert (event.id, event.type, event.schema, event.data) == (
            written.id,
            written.type,
            written.schema,
            written.data,
        )
        assert (event.stream, event.version, event.position, event.at) == ("b/1", 1, 1, AT)

    async def test_versions_of_a_stream_are_one_to_n_and_positions_have_no_gap(self, log: EventLog) -> None:
        version = 0
        for count in (1, 3, 1, 2):
            await log.append(proposal(one("a/1", version, count=count)))
            version += count
        assert [e.version for e in await log.read_stream("a/1")] == list(range(1, 8))
        assert [e.version for e in await log.read_stream("a/1", after=2, limit=3)] == [3, 4, 5]
        assert [c.position for c in await log.read_log(after=0, limit=10)] == [1, 2, 3, 4]
        assert [c.position for c in await log.read_log(after=1, limit=2)] == [2, 3]
        assert await log.tail() == 4

    async def test_a_part_of_a_stream_is_as_many_events_as_were_asked_for_whatever_commits_they_are_in(
        self, log: EventLog
    ) -> None:
        version = 0
        for count in (5, 1, 7, *[1] * 30, 40):
            await log.append(proposal(one("a/1", version, count=count), one(f"b/{version}", 0, count=3)))
            version += count
        for after in (0, 3, 5, 6, 12, 13, 30, 42, 60, 82, 83, 90):
            for limit in (1, 2, 6, 20, 35, 100):
                found = await log.read_stream("a/1", after=after, limit=limit)
                assert [each.version for each in found] == list(range(after + 1, min(after + limit, version) + 1))

    async def test_of_racing_appends_with_one_expected_exactly_one_wins(self, log: EventLog) -> None:
        results = await asyncio.gather(
            *(log.append(proposal(one("a/1", 0))) for _ in range(12)), return_exceptions=True
        )
        assert sum(1 for result in results if not isinstance(result, BaseException)) == 1
        assert all(not isinstance(r, BaseException) or isinstance(r, VersionConflict) for r in results)
        assert await log.tail() == 1

    @pytest.mark.parametrize("expected", [1, 3, 9])
    async def test_a_wrong_expected_writes_nothing(self, log: EventLog, expected: int) -> None:
        await log.append(proposal(one("a/1", 0, count=2)))
        with pytest.raises(VersionConflict) as refusal:
            await log.append(proposal(one("new/1", 0), one("a/1", expected), claims=(Claim("c", "a/1"),)))
        assert (refusal.value.stream, refusal.value.actual) == ("a/1", 2)
        assert await log.tail() == 1
        assert await log.holder("c") is None
        assert not await log.read_stream("new/1")

    async def test_one_command_id_makes_one_commit_also_racing(self, log: EventLog) -> None:
        same = proposal(one("a/1", 0), command="the-command")
        results = await asyncio.gather(*(log.append(same) for _ in range(8)))
        assert sum(not result.replayed for result in results) == 1
        assert {result.commit.position for result in results} == {1}
        different = await log.append(proposal(one("b/1", 0), command="the-command"))
        assert different.replayed
        assert different.commit.proposal == same
        assert await log.tail() == 1

    async def test_a_commit_settles_further_commands_each_with_its_own_outcome(self, log: EventLog) -> None:
        further = (Further("second", {"n": 2}), Further("third", {"n": 3}))
        merged = replace(proposal(one("a/1", 0, count=3), command="first"), further=further)
        appended = await log.append(merged)
        for command, outcome in (("first", {"id": "t"}), ("second", {"n": 2}), ("third", {"n": 3})):
            found = await log.find(command)
            assert found == appended.commit
            assert found.proposal.outcome_of(command) == outcome
        with pytest.raises(LookupError):
            appended.commit.proposal.outcome_of("fourth")

    async def test_a_commit_of_several_commands_is_refused_whole_where_one_is_known(self, log: EventLog) -> None:
        earlier = replace(proposal(one("a/1", 0), command="first"), further=(Further("second"),))
        await log.append(earlier)
        for known in ("first", "second"):
            merged = replace(proposal(one("b/1", 0), command="new"), further=(Further("newer"), Further(known)))
            refused = await log.append(merged)
            assert refused.replayed
            assert refused.commit.proposal == earlier
            assert await log.find("new") is None
            assert await log.find("newer") is None
            alone = await log.append(proposal(one("b/1", 0), command=known))
            assert alone.replayed
        assert await log.tail() == 1

    async def test_of_racing_claims_one_wins_and_a_refused_append_leaves_none(self, log: EventLog) -> None:
        results = await asyncio.gather(
            *(log.append(proposal(one(f"a/{n}", 0), claims=(Claim("slug/x", f"a/{n}"),))) for n in range(8)),
            return_exceptions=True,
        )
        refused = [result for result in results if isinstance(result, ClaimTaken)]
        assert len(refused) == 7
        holder = await log.holder("slug/x")
        assert holder is not None
        assert {taken.position for taken in refused} == {holder.position}
        with pytest.raises(ClaimTaken):
            await log.append(proposal(claims=(Claim("free", "a/9"), Claim("slug/x", "a/9"))))
        assert await log.holder("free") is None

    async def test_a_released_claim_is_free_and_a_repeated_release_frees_nothing_new(self, log: EventLog) -> None:
        first = await log.append(proposal(one("a/1", 0), claims=(Claim("slug/x", "a/1"),)))
        given_up = await log.append(proposal(one("a/1", 1), releases=(Release("slug/x", "a/1"),)))
        assert not await log.release("slug/x", stream="a/2", before=given_up.commit.position)
        assert not await log.release("slug/x", stream="a/1", before=first.commit.position)
        assert await log.release("slug/x", stream="a/1", before=given_up.commit.position)
        assert not await log.release("slug/x", stream="a/1", before=given_up.commit.position)
        again = await log.append(proposal(one("a/1", 2), claims=(Claim("slug/x", "a/1"),)))
        assert not await log.release("slug/x", stream="a/1", before=given_up.commit.position)
        assert await log.holder("slug/x") == again.commit

    async def test_a_tailing_reader_sees_each_commit_once_in_order_while_many_write(self, log: EventLog) -> None:
        seen: list[int] = []

        async def tail() -> None:
            while len(seen) < 120:
                await log.changed(after=seen[-1] if seen else 0, timeout=5)
                seen.extend(c.position for c in await log.read_log(after=seen[-1] if seen else 0, limit=7))

        async def write(stream: str) -> None:
            for version in range(20):
                await log.append(proposal(one(stream, version)))

        await asyncio.wait_for(asyncio.gather(tail(), *(write(f"s/{n}") for n in range(6))), 60)
        assert seen == list(range(1, 121))

    async def test_changed_returns_after_its_patience_where_nothing_happens(self, log: EventLog) -> None:
        await asyncio.wait_for(log.changed(after=5, timeout=0.05), 5)
