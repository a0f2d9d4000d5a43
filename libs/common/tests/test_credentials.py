"""Keys, scopes and principals: who gets in, and who does not."""

import base64
import os

import pytest

from atrium_common.api_keys import digest, generate, is_well_formed
from atrium_common.principal import InvalidPrincipal, Principal, PrincipalKeys
from atrium_common.scopes import grants, is_scope, missing

SEED = base64.b64encode(bytes(32)).decode()
OTHER = base64.b64encode(os.urandom(32)).decode()


def test_a_generated_key_is_well_formed_and_any_mistyped_one_is_not() -> None:
    key = generate("live")
    assert is_well_formed(key)
    assert len(digest(key)) == 64
    for place in range(8, len(key)):
        wrong = key[:place] + ("a" if key[place] != "a" else "b") + key[place + 1 :]
        assert not is_well_formed(wrong)
    assert not is_well_formed(key.replace("live", "test"))


@pytest.mark.parametrize(
    ("held", "required", "granted"),
    [
        (["webhooks:read"], "webhooks:read", True),
        (["webhooks:read"], "webhooks:write", False),
        (["webhooks:*"], "webhooks:delete", True),
        (["webhooks:manage"], "webhooks:write", True),
        (["*:read"], "usage:read", True),
        (["read:all"], "api-keys:read", True),
        (["write:resources"], "namespaces:write", True),
        (["keys:read"], "api-keys:read", True),
        (["*"], "workspaces:delete", True),
        (["*"], "admin:*", False),
        (["admin:*"], "workspaces:delete", True),
        ([], "", True),
        ([], "usage:read", False),
    ],
)
def test_scopes_grant_what_the_spec_says(held: list[str], required: str, granted: bool) -> None:
    assert grants(held, required) is granted


def test_no_key_can_give_more_than_it_has() -> None:
    assert missing(["*"], ["*:read"]) == ["*"]
    assert missing(["admin:*"], ["*"]) == ["admin:*"]
    assert missing(["webhooks:*", "usage:read"], ["webhooks:read", "webhooks:write", "webhooks:delete", "*:read"]) == []
    assert not is_scope("nothing:read")
    assert is_scope("read:all")


def keys() -> PrincipalKeys:
    return PrincipalKeys.parse(f"gateway-1!:{SEED},service-1!:{OTHER}")


def test_a_principal_travels_unchanged_and_lapses() -> None:
    signer = keys().signer("gateway")
    assert signer is not None
    token = signer.sign(Principal(user_id="usr_1", scopes=("*",), expires_at=100.0))
    verifier = keys().verifier()
    assert verifier.verify(token, now=90.0).user_id == "usr_1"
    with pytest.raises(InvalidPrincipal):
        verifier.verify(token, now=200.0)


def test_an_altered_a_foreign_and_a_missing_principal_are_refused() -> None:
    signer = keys().signer("gateway")
    assert signer is not None
    token = signer.sign(Principal(user_id="usr_1", expires_at=100.0))
    stranger = PrincipalKeys.parse(f"gateway-1!:{base64.b64encode(os.urandom(32)).decode()}").verifier()
    for verifier, given in ((keys().verifier(), token[:-4] + "AAAA"), (stranger, token), (keys().verifier(), None)):
        with pytest.raises(InvalidPrincipal):
            verifier.verify(given, now=50.0)


def test_a_service_can_not_vouch_for_a_user() -> None:
    signer = keys().signer("service")
    assert signer is not None
    with pytest.raises(InvalidPrincipal):
        keys().verifier().verify(signer.sign(Principal(kind="user", expires_at=100.0)), now=50.0)
