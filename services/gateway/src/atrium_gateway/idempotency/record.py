"""What is kept of a request with an `Idempotency-Key`: who runs it, as which command, and what it answered."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, cast

from atrium_common.eventing.personal import PERSONAL
from atrium_common.eventing.vault import Vault, day_subject
from atrium_common.jsontypes import JSON, JSONObject
from atrium_common.store.documents import Collection
from atrium_gateway.ports import SavedAnswer

REPLAYS = Collection("replays", multi=frozenset({"about"}))
KEPT = timedelta(hours=24)
_PERSON = re.compile(rb"(?:usr|inv)_[0-9a-z]{26}")
_E_MAIL = b'"email"'
_HEADERS = frozenset(
    {"allow", "content-language", "content-location", "content-type", "etag", "last-modified", "location"}
)
_NEVER_KEPT = frozenset({401, 408, 429})

State: TypeAlias = Literal["running", "open", "saved"]


@dataclass(frozen=True, slots=True)
class Record:
    """A request's record.

    Attributes:
        fingerprint: of the first request with the key; another one's is refused.
        command_id: minted with the record, before anything was forwarded.
        state: `running` in `process`; `open` to whoever comes next; `saved` for good.
        process: the gateway process that runs it.
        about: the people that the answer is about (`usr_…`, `inv_…`), and `e-mails/wks_…` where it shows e-mails.
        answer: the answer, sealed; None while there is none.
    """

    fingerprint: str
    command_id: str
    state: State
    process: str = ""
    about: tuple[str, ...] = ()
    answer: JSON = None

    @classmethod
    def of(cls, body: JSONObject) -> Record:
        """From its stored form."""
        return cls(
            str(body["fingerprint"]),
            str(body["command_id"]),
            cast("State", body["state"]),
            str(body["process"]),
            tuple(cast("Sequence[str]", body["about"])),
            body["answer"],
        )

    def body(self) -> JSONObject:
        """Its stored form."""
        return {
            "fingerprint": self.fingerprint,
            "command_id": self.command_id,
            "state": self.state,
            "process": self.process,
            "about": list(self.about),
            "answer": self.answer,
        }


def is_final(status: int) -> bool:
    """Whether an answer of this status says what became of the request."""
    return 200 <= status < 500 and status not in _NEVER_KEPT  # noqa: PLR2004 (classes of statuses)


def about(answer: SavedAnswer, *, user_id: str, workspace_id: str) -> tuple[str, ...]:
    """Whose erasure forgets the answer."""
    people = {user_id, *(found.decode() for found in _PERSON.findall(answer.body))}
    if _E_MAIL in answer.body:
        people.add(e_mails_of(workspace_id))
    return tuple(sorted(people))


def e_mails_of(workspace_id: str) -> str:
    """The mark of answers that show e-mails, which may be anybody's in the workspace."""
    return f"e-mails/{workspace_id}"


async def sealed(answer: SavedAnswer, vault: Vault, *, at: datetime) -> JSON:
    """The whole answer, sealed under the key of the day, which is destroyed two days later."""
    headers: list[JSON] = [[name, value] for name, value in answer.headers if name.lower() in _HEADERS]
    value: JSONObject = {
        "status": answer.status,
        "headers": headers,
        "body": base64.b64encode(answer.body).decode(),
    }
    return await vault.seal({PERSONAL: day_subject(at), "value": value})


async def opened(box: JSON, vault: Vault) -> SavedAnswer | None:
    """The answer again, or None once it has been forgotten."""
    found = cast("JSONObject", await vault.open(box)) if box is not None else {}
    value = found.get("value")
    if not isinstance(value, dict):
        return None
    headers = cast("Sequence[Sequence[str]]", value["headers"])
    return SavedAnswer(
        cast("int", value["status"]),
        tuple((name, text) for name, text in headers),
        base64.b64decode(str(value["body"])),
    )
