"""What was stored once is read for ever: a commit as the first version wrote it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from atrium_common.store.commit import Claim, Commit, EventRecord, Meta, Proposal, Publication, Release, Slice
from atrium_common.store.encoding import decode, decode_stream, encode

GOLDEN = json.loads((Path(__file__).parent / "golden" / "commit-1.json").read_text())
AT = datetime(2026, 11, 25, 10, 20, 30, 123456, UTC)
WANTED = Proposal(
    "cmd_1",
    AT,
    (
        Slice(
            "workspace/wks_1",
            2,
            (
                EventRecord(
                    "evt_1",
                    "workspace.renamed",
                    1,
                    {"name": "Acme ä€"},
                    Publication(
                        "workspace.updated", {"object": {"id": "wks_1"}}, "wks_1", ("wks_1", "wks_2"), None, "wks_1"
                    ),
                ),
                EventRecord("evt_2", "workspace.noted", 3, {}),
            ),
        ),
        Slice(
            "user/usr_1", 0, (EventRecord("evt_3", "user.joined", 1, {"email": {"$sealed": "usr_1", "box": "AAAA"}}),)
        ),
    ),
    (Claim("slug/acme", "workspace/wks_1"),),
    (Release("slug/old", "workspace/wks_1"),),
    {"id": "wks_1"},
    Meta("key/key_1", "req_1", "evt_0", "00-1-2-01"),
)


def test_a_commit_of_the_first_stored_form_is_read_whole() -> None:
    assert decode(GOLDEN["position"], GOLDEN["at"], GOLDEN["events"], GOLDEN["rest"]) == Commit(7, WANTED)


def test_a_stream_is_read_from_the_events_of_the_first_stored_form_alone() -> None:
    rows = [(GOLDEN["position"], GOLDEN["at"], GOLDEN["events"])]
    first, second = decode_stream(rows, "workspace/wks_1", after=2, limit=None)
    assert (first.version, first.position, first.at) == (3, 7, AT)
    assert (second.id, second.type, second.schema, second.data) == ("evt_2", "workspace.noted", 3, {})
    assert [each.version for each in decode_stream(rows, "workspace/wks_1", after=3, limit=5)] == [4]
    assert [each.id for each in decode_stream(rows, "user/usr_1", after=0, limit=1)] == ["evt_3"]


def test_what_is_written_today_is_the_same_form() -> None:
    stored = encode(WANTED)
    assert (stored.at, stored.events.decode(), stored.rest.decode()) == (GOLDEN["at"], GOLDEN["events"], GOLDEN["rest"])
