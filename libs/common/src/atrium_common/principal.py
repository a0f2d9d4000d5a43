"""Who a request is made for, as the gateway vouches for it to the services.

A token is `v1.<key id>.<payload>.<signature>`: JSON and an Ed25519 signature, both base64url. Only the gateway holds
the `user` signing key; services hold public halves, and sign their own calls to each other with the `service` key.
"""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from atrium_common.jsontypes import JSONObject
from atrium_common.scopes import OPERATOR, grants, writes_live_data
from atrium_common.settings import UnfitSetting

LIFETIME_SECONDS = 30.0
AUDIENCE = "atrium"
_LEEWAY_SECONDS = 5.0
_REMEMBERED = 4096


class InvalidPrincipal(Exception):
    """The token is missing, altered, signed by a stranger, or past."""


class PastPrincipal(InvalidPrincipal):
    """The token was good until a moment ago: it took long, or the clocks of its maker and its reader differ."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller.

    Attributes:
        kind: `user` (a request of a client) or `service` (a call between services).
        service: the calling service, for kind `service`.
        workspace_id: the workspace in context; None where the request has none.
        role: the user's role there, None for the operator who is no member.
        permissions: what role and team allow there, as `resource:action`, and the key where it allows less.
        within: what a key that somebody else has made for its user allows at most; None: all that its user may do.
        bound: whether the key is bound to its workspace for life.
        livemode: False for a test key.
        facts: versioned facts about holders, resolved by the gateway from tenancy.
        audience: the suite that the token is for; another one refuses it.
        destination: the one service of it that the token is for, so that none can go to another in a caller's name;
            empty: any (a service's own call, or a gateway's of before there were destinations).
        expires_at: Unix seconds.
    """

    kind: str = "user"
    service: str = ""
    user_id: str = ""
    key_id: str = ""
    key_workspace_id: str = ""
    bound: bool = False
    workspace_id: str | None = None
    workspace_tier: str = "free"
    namespace_id: str | None = None
    role: str | None = None
    permissions: tuple[str, ...] = ()
    within: tuple[str, ...] | None = None
    scopes: tuple[str, ...] = ()
    tier: str = "free"
    user_tier: str = "free"
    livemode: bool = True
    facts: JSONObject = field(default_factory=dict)
    expires_at: float = 0.0
    audience: str = AUDIENCE
    destination: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether the key holds `admin:*`."""
        return OPERATOR in self.scopes

    @property
    def actor(self) -> str:
        """How the caller stands in events and audit logs."""
        return f"service/{self.service}" if self.kind == "service" else f"key/{self.key_id}"

    @property
    def key_workspace_binding(self) -> str | None:
        """The workspace to which the key is bound for life, or None."""
        return self.key_workspace_id if self.bound else None

    def allows(self, scope: str) -> bool:
        """Whether the key's scopes allow what needs this scope; a test key never writes what live data shares."""
        if self.kind == "service":
            return True
        return grants(self.scopes, scope) and (self.livemode or not writes_live_data(scope))

    def permits(self, permission: str) -> bool:
        """Whether role and team allow it in the workspace in context; the operator and services may do all."""
        return self.kind == "service" or self.is_operator or grants(self.permissions, permission)


_MEMBERS = frozenset(member.name for member in fields(Principal))
_OF_SERVICES = frozenset({"kind", "service", "expires_at", "audience", "destination"})


class PrincipalSigner:
    """Makes tokens."""

    def __init__(self, key_id: str, private: Ed25519PrivateKey) -> None:
        self._key_id = key_id
        self._private = private

    def sign(self, principal: Principal) -> str:
        """The token of this principal."""
        payload = _base64(orjson.dumps(asdict(principal)))
        head = f"v1.{self._key_id}.{payload}"
        return f"{head}.{_base64(self._private.sign(head.encode()))}"


class PrincipalVerifier:
    """Reads tokens. One that has verified is remembered until it is past, so that the usual check is a look-up."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], *, service: str = "", audience: str = AUDIENCE) -> None:
        """`service` is the one that reads: what is meant for another is refused."""
        self._keys = dict(keys)
        self._destinations = ("", service)
        self._audience = audience
        self._known: OrderedDict[str, Principal] = OrderedDict()

    def verify(self, token: str | None, *, now: float) -> Principal:
        """The principal that the token vouches for.

        Raises:
            InvalidPrincipal: there is none, or it was not signed by a known key.
            PastPrincipal: it is past.
        """
        if not token:
            raise InvalidPrincipal("no principal")
        principal = self._known.get(token)
        if principal is None:
            principal = self._read(token)
            self._known[token] = principal
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if principal.expires_at + _LEEWAY_SECONDS < now:
            self._known.pop(token, None)
            raise PastPrincipal("the principal is past")
        return principal

    def _read(self, token: str) -> Principal:
        head, _, signature = token.rpartition(".")
        parts = head.split(".")
        if len(parts) != 3 or parts[0] != "v1" or parts[1] not in self._keys:  # noqa: PLR2004
            raise InvalidPrincipal("the principal is malformed or signed by a stranger")
        try:
            self._keys[parts[1]].verify(_unbase64(signature), head.encode())
            claims = orjson.loads(_unbase64(parts[2]))
        except (InvalidSignature, ValueError) as error:
            raise InvalidPrincipal("the principal's signature does not hold") from error
        # A user's principal vouched for by a service's key would let any service act for anybody.
        if claims.get("kind") != "service" and parts[1].startswith("service"):
            raise InvalidPrincipal("a service can't vouch for a user")
        if claims.get("audience") != self._audience:
            raise InvalidPrincipal("the principal is for another audience")
        if claims.get("destination", "") not in self._destinations:
            raise InvalidPrincipal("the principal is for another service")
        # A newer gateway may know members that this service does not yet.
        known = {name: value for name, value in claims.items() if name in _MEMBERS}
        if known.get("kind") == "service":
            # Whoever holds a service's key speaks for a service, and gives itself no user, scope or workspace.
            known = {name: value for name, value in known.items() if name in _OF_SERVICES}
        known |= {name: tuple(known.get(name, ())) for name in ("permissions", "scopes")}
        if known.get("within") is not None:
            known["within"] = tuple(known["within"])
        return Principal(**known)


@dataclass(frozen=True, slots=True)
class PrincipalKeys:
    """The keys of setting ATRIUM_PRINCIPAL_KEYS: `id:base64` of raw Ed25519 seeds (`id!:…`) or public keys.

    An id that begins with `service` signs service principals, any other one users'.
    """

    private: Mapping[str, Ed25519PrivateKey]
    public: Mapping[str, Ed25519PublicKey]

    @classmethod
    def parse(cls, text: str) -> PrincipalKeys:
        """Read the setting.

        Raises:
            UnfitSetting: a part is not `id:base64` of 32 bytes, or there is none.
        """
        private: dict[str, Ed25519PrivateKey] = {}
        public: dict[str, Ed25519PublicKey] = {}
        parts = [part for piece in text.split(",") if (part := piece.strip())]
        for number, part in enumerate(parts, 1):
            name, _, encoded = part.partition(":")
            try:
                raw = base64.b64decode(encoded, validate=True)
                if name.endswith("!"):
                    private[name[:-1]] = Ed25519PrivateKey.from_private_bytes(raw)
                    public[name[:-1]] = private[name[:-1]].public_key()
                else:
                    public[name] = Ed25519PublicKey.from_public_bytes(raw)
            except ValueError:
                raise UnfitSetting(
                    f"ATRIUM_PRINCIPAL_KEYS: key {number} of {len(parts)} is neither id!:base64 of a seed of 32 bytes"
                    " nor id:base64 of a public key: `atrium admin secrets` makes both"
                ) from None
        if not public:
            raise UnfitSetting("no principal key is set: ATRIUM_PRINCIPAL_KEYS=id!:base64-seed,id:base64-public")
        return cls(private, public)

    def signer(self, prefix: str) -> PrincipalSigner | None:
        """The signer with the first private key whose id begins with `prefix`, or None where none is held."""
        for key_id, key in self.private.items():
            if key_id.startswith(prefix):
                return PrincipalSigner(key_id, key)
        return None

    def verifier(self, service: str = "") -> PrincipalVerifier:
        """The verifier of this service, with every public key."""
        return PrincipalVerifier(self.public, service=service)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
