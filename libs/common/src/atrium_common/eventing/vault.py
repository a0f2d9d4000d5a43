"""Sealing at rest: a key for each subject, wrapped by the operator's master keys.

AES-256-GCM throughout. A subject is a person (`usr_…`), a thing whose secrets go with it (`wh_…`), or a day: of secrets
that are shown once (`day/2026-11-24`), or of what is kept until then (`kept/2026-11-24`). Destroying its
key forgets everything that was sealed for it, in every commit, row and backup of the log.
"""

from __future__ import annotations

import base64
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from atrium_common.clock import Clock
from atrium_common.eventing.personal import PERSONAL, SEALED
from atrium_common.jsontypes import JSON
from atrium_common.settings import UnfitSetting
from atrium_common.store.documents import Absent, Any, Collection, Delete, Document, Is, Put
from atrium_common.store.ports import Documents
from atrium_common.store.whole import every_document

SUBJECT_KEYS = Collection("subject_keys")
_LIFETIMES: Mapping[str, timedelta] = {"day": timedelta(hours=48), "kept": timedelta(days=1)}

_NONCE = 12
_CACHE_SECONDS = 5.0
_CACHED = 10_000
_FORGOTTEN = "forgotten/"


class BadSealingKeys(UnfitSetting):
    """The master keys are not `kid:base64` pairs of 32 bytes each, separated by commas."""


class Unsealable(ValueError):
    """A sealed text was made under a master key that is not configured, or has been altered."""


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The operator's keys by id; the first is the one that seals, the others still open."""

    keys: Mapping[str, bytes]

    @classmethod
    def parse(cls, text: str) -> MasterKeys:
        """Read `kid:base64,kid:base64` (setting ATRIUM_SEALING_KEYS).

        Raises:
            BadSealingKeys: anything else.
        """
        keys: dict[str, bytes] = {}
        parts = [part for piece in text.split(",") if (part := piece.strip())]
        for number, part in enumerate(parts, 1):
            kid, _, encoded = part.partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError:
                key = b""
            if len(key) != 32 or not kid:  # noqa: PLR2004 (AES-256)
                # Not even what should be the id is told: it is the key itself where somebody forgot the id.
                raise BadSealingKeys(
                    f"ATRIUM_SEALING_KEYS: key {number} of {len(parts)} is not kid:base64 of 32 bytes, like k1:… with"
                    " what `openssl rand -base64 32` prints"
                )
            keys[kid] = key
        if not keys:
            raise BadSealingKeys("no sealing key is set: ATRIUM_SEALING_KEYS=kid:base64-of-32-bytes")
        return cls(keys)

    @property
    def current(self) -> str:
        """The id of the key that seals."""
        return next(iter(self.keys))

    def seal(self, plaintext: bytes, *, context: str) -> str:
        """`plaintext` sealed under the current key, bound to `context`: `kid.base64`."""
        kid, key = next(iter(self.keys.items()))
        return f"{kid}.{_encrypt(key, plaintext, context)}"

    def open(self, sealed: str, *, context: str) -> bytes:
        """What `seal` was given.

        Raises:
            Unsealable: the key is not configured, or text or context are not the ones of sealing.
        """
        kid, _, box = sealed.partition(".")
        key = self.keys.get(kid)
        if key is None:
            raise Unsealable(f"sealed under key {kid!r}, which ATRIUM_SEALING_KEYS does not hold")
        return _decrypt(key, box, context)


class Vault:
    """See `Sealing`. Keys are documents; a replica notices a key destroyed elsewhere within five seconds."""

    def __init__(self, documents: Documents, master: MasterKeys, *, clock: Clock) -> None:
        self.master = master
        self._documents = documents
        self._clock = clock
        self._cache: OrderedDict[str, tuple[float, bytes | None]] = OrderedDict()

    async def seal(self, value: JSON) -> JSON:
        """See `Sealing.seal`."""
        subjects = _subjects(value, PERSONAL)
        if not subjects:
            return value
        keys = {subject: await self._key_for_sealing(subject) for subject in subjects}
        return _replaced(value, PERSONAL, lambda found: _seal_value(found, keys))

    async def open(self, value: JSON) -> JSON:
        """See `Sealing.open`."""
        subjects = _subjects(value, SEALED)
        if not subjects:
            return value
        keys = await self._keys(subjects)
        return _replaced(value, SEALED, lambda found: _open_value(found, keys))

    async def forget(self, subject: str) -> None:
        """See `Sealing.forget`."""
        self._cache.pop(subject, None)
        marker = Put(SUBJECT_KEYS.name, f"{_FORGOTTEN}{subject}", {}, 1, Any())
        await self._documents.write([marker, Delete(SUBJECT_KEYS.name, subject, 0, Any())])
        self._cache.pop(subject, None)

    async def rewrap(self) -> int:
        """Wrap every subject's key that is wrapped under another master key than the current one anew; how many were.

        Commits, rows and snapshots are sealed under the subjects' keys: none of them is touched.

        Raises:
            Unsealable: a key is wrapped under a master key that is not configured any more.
        """
        done = 0
        async for document in every_document(self._documents, SUBJECT_KEYS.name):
            if document.key.startswith(_FORGOTTEN) or _kid(document) == self.master.current:
                continue
            key = self.master.open(str(document.body["wrapped"]), context=document.key)
            body: dict[str, JSON] = {"wrapped": self.master.seal(key, context=document.key)}
            put = Put(SUBJECT_KEYS.name, document.key, body, document.version + 1, Is(document.version),
                      document.expires_at)  # fmt: skip
            done += sum(await self._documents.write([put]))
        return done

    async def wrapped_under(self) -> Mapping[str, int]:
        """How many subjects' keys each master key wraps."""
        counts: dict[str, int] = {}
        async for document in every_document(self._documents, SUBJECT_KEYS.name):
            if not document.key.startswith(_FORGOTTEN):
                counts[_kid(document)] = counts.get(_kid(document), 0) + 1
        return counts

    async def forgotten(self) -> Sequence[str]:
        """The subjects that have been forgotten."""
        return [
            document.key.removeprefix(_FORGOTTEN)
            async for document in every_document(self._documents, SUBJECT_KEYS.name)
            if document.key.startswith(_FORGOTTEN)
        ]

    def _fresh(self, subject: str) -> tuple[bool, bytes | None]:
        cached = self._cache.get(subject)
        if cached is None or cached[0] < self._clock.monotonic():
            return False, None
        return True, cached[1]

    def _remember(self, subject: str, key: bytes | None) -> None:
        self._cache[subject] = (self._clock.monotonic() + _CACHE_SECONDS, key)
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)

    async def _keys(self, subjects: Iterable[str]) -> Mapping[str, bytes | None]:
        keys: dict[str, bytes | None] = {}
        missing = []
        for subject in subjects:
            fresh, key = self._fresh(subject)
            keys[subject] = key
            if not fresh:
                missing.append(subject)
        if missing:
            documents = await self._documents.get_many(SUBJECT_KEYS.name, missing)
            for subject in missing:
                document = documents.get(subject)
                key = None if document is None else self.master.open(str(document.body["wrapped"]), context=subject)
                self._remember(subject, key)
                keys[subject] = key
        return keys

    async def _key_for_sealing(self, subject: str) -> bytes | None:
        key = (await self._keys([subject]))[subject]
        if key is not None:
            return key
        fresh = os.urandom(32)
        body: dict[str, JSON] = {"wrapped": self.master.seal(fresh, context=subject)}
        expires_at = lapses_at(subject)
        # The first of several replicas wins; a forgotten subject never gets a new key.
        await self._documents.write([Put(SUBJECT_KEYS.name, subject, body, 1, Absent(), expires_at)])
        if await self._documents.get(SUBJECT_KEYS.name, f"{_FORGOTTEN}{subject}") is not None:
            await self._documents.write([Delete(SUBJECT_KEYS.name, subject, 0, Any())])
            return None
        self._cache.pop(subject, None)
        return (await self._keys([subject]))[subject]


def _kid(document: Document) -> str:
    return str(document.body.get("wrapped")).partition(".")[0]


def day_subject(moment: datetime) -> str:
    """The subject that seals what is shown once on this day: its key lapses 48 hours after the day's end."""
    return f"day/{moment.date().isoformat()}"


def kept_subject(until: datetime) -> str:
    """The subject that seals what is kept until then: its key lapses a day after that day's end."""
    return f"kept/{until.date().isoformat()}"


def lapses_at(subject: str) -> datetime | None:
    """When the key of a day's subject lapses; None for any other subject."""
    kind, _, day = subject.partition("/")
    lifetime = _LIFETIMES.get(kind)
    if lifetime is None:
        return None
    return datetime.fromisoformat(f"{day}T00:00:00+00:00") + timedelta(days=1) + lifetime


def _seal_value(found: Mapping[str, JSON], keys: Mapping[str, bytes | None]) -> JSON:
    subject = str(found[PERSONAL])
    key = keys[subject]
    if key is None or found.get("value") is None:
        return {SEALED: subject, "box": None}
    return {SEALED: subject, "box": _encrypt(key, orjson.dumps(found["value"]), subject)}


def _open_value(found: Mapping[str, JSON], keys: Mapping[str, bytes | None]) -> JSON:
    subject, box = str(found[SEALED]), found.get("box")
    key = keys[subject]
    value: JSON = None if key is None or box is None else orjson.loads(_decrypt(key, str(box), subject))
    return {PERSONAL: subject, "value": value}


def _encrypt(key: bytes, plaintext: bytes, context: str) -> str:
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plaintext, context.encode())).decode()


def _decrypt(key: bytes, box: str, context: str) -> bytes:
    raw = base64.b64decode(box)
    try:
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], context.encode())
    except InvalidTag as error:
        raise Unsealable("a sealed value does not open: wrong key, wrong place, or altered") from error


def _subjects(value: JSON, marker: str) -> set[str]:
    """Who is marked inside the value: the usual answer, nobody, is found in one pass without a call for each scalar."""
    subjects: set[str] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if marker in part:
                subjects.add(str(part[marker]))
                continue
            part = list(part.values())
        if isinstance(part, list):
            waiting += [inner for inner in part if type(inner) is dict or type(inner) is list]
    return subjects


def _replaced(value: JSON, marker: str, change: Callable[[Mapping[str, JSON]], JSON]) -> JSON:
    if isinstance(value, dict):
        if marker in value:
            return change(value)
        return {name: _replaced(part, marker, change) for name, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, marker, change) for part in value]
    return value
