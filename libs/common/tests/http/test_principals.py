from __future__ import annotations

import base64
from dataclasses import asdict, replace

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from atrium_common.principal import InvalidPrincipal, Principal, PrincipalKeys, PrincipalSigner, PrincipalVerifier

CALLER = Principal(
    user_id="usr_1",
    key_id="key_1",
    key_workspace_id="wks_1",
    bound=True,
    workspace_id="wks_1",
    role="member",
    permissions=("webhooks:*",),
    scopes=("webhooks:write", "*:read"),
    livemode=False,
    facts={"namespace": {"owner_id": "usr_1", "version": 3}},
    expires_at=100.0,
)


@pytest.fixture
def private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def verifier(private: Ed25519PrivateKey, key_id: str = "gateway1") -> PrincipalVerifier:
    return PrincipalVerifier({key_id: private.public_key()})


def test_what_was_signed_is_read_back_whole(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(CALLER)
    assert verifier(private).verify(token, now=90.0) == CALLER
    bounded = replace(CALLER, within=("*:read",))
    assert verifier(private).verify(PrincipalSigner("gateway1", private).sign(bounded), now=90.0) == bounded


def test_a_token_is_good_until_its_end_and_a_little_for_clocks_that_differ(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(CALLER)
    reader = verifier(private)
    assert reader.verify(token, now=104.9)
    for _ in range(2):
        with pytest.raises(InvalidPrincipal):
            reader.verify(token, now=105.1)


def test_a_token_that_was_verified_is_not_verified_anew(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(CALLER)
    reader = verifier(private)
    assert reader.verify(token, now=1.0) is reader.verify(token, now=2.0)


def test_no_altered_byte_passes(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(CALLER)
    reader = verifier(private)
    last_of_signature = len(token) - 1  # its last four bits are padding
    for place in range(0, last_of_signature, 7):
        altered = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(InvalidPrincipal):
            reader.verify(altered, now=1.0)


@pytest.mark.parametrize("token", [None, "", "v1", "v1..", "v2.gateway1.e30.AA", "v1.other.e30.AA", "v1.gateway1.é.é"])
def test_what_is_no_token_is_refused(private: Ed25519PrivateKey, token: str | None) -> None:
    with pytest.raises(InvalidPrincipal):
        verifier(private).verify(token, now=1.0)


def test_a_strangers_key_under_a_known_id_is_refused(private: Ed25519PrivateKey) -> None:
    forged = PrincipalSigner("gateway1", Ed25519PrivateKey.generate()).sign(CALLER)
    with pytest.raises(InvalidPrincipal):
        verifier(private).verify(forged, now=1.0)


@pytest.mark.parametrize("kind", ["user", "", "admin"])
def test_a_service_can_vouch_only_for_services(private: Ed25519PrivateKey, kind: str) -> None:
    signer, reader = PrincipalSigner("service1", private), verifier(private, "service1")
    with pytest.raises(InvalidPrincipal):
        reader.verify(signer.sign(replace(CALLER, kind=kind)), now=1.0)
    called = Principal(kind="service", service="webhooks", expires_at=100.0)
    assert reader.verify(signer.sign(called), now=1.0).actor == "service/webhooks"


def test_a_token_for_another_audience_is_refused(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(replace(CALLER, audience="elsewhere"))
    with pytest.raises(InvalidPrincipal):
        verifier(private).verify(token, now=1.0)


def test_members_that_a_newer_gateway_adds_are_passed_over(private: Ed25519PrivateKey) -> None:
    payload = base64.urlsafe_b64encode(orjson.dumps({**asdict(CALLER), "mood": "good"})).decode().rstrip("=")
    head = f"v1.gateway1.{payload}"
    signature = base64.urlsafe_b64encode(private.sign(head.encode())).decode().rstrip("=")
    assert verifier(private).verify(f"{head}.{signature}", now=1.0) == CALLER


def test_what_is_remembered_is_bounded(private: Ed25519PrivateKey) -> None:
    signer, reader = PrincipalSigner("gateway1", private), verifier(private)
    first = signer.sign(CALLER)
    kept = reader.verify(first, now=1.0)
    for number in range(4096):
        reader.verify(signer.sign(replace(CALLER, user_id=f"usr_other{number}")), now=1.0)
    assert reader.verify(first, now=1.0) is not kept


def test_keys_rotate_while_old_tokens_still_pass() -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()

    def seed(key: Ed25519PrivateKey) -> str:
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return base64.b64encode(raw).decode()

    def public(key: Ed25519PrivateKey) -> str:
        return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    before = PrincipalKeys.parse(f"gateway1!:{seed(old)}").signer("gateway")
    after = PrincipalKeys.parse(f"gateway2!:{seed(new)},gateway1!:{seed(old)}").signer("gateway")
    services = PrincipalKeys.parse(f"gateway1:{public(old)}, gateway2:{public(new)}")
    assert before is not None
    assert after is not None
    for signer in (before, after):
        assert services.verifier().verify(signer.sign(CALLER), now=1.0) == CALLER
    assert services.signer("gateway") is None


@pytest.mark.parametrize("setting", ["", "gateway1", "gateway1:AAAA", "gateway1:%%%", "gateway1!:AAAA"])
def test_an_unfit_key_setting_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PrincipalKeys.parse(setting)


def test_a_key_that_is_bound_tells_to_which_workspace() -> None:
    assert CALLER.key_workspace_binding == "wks_1"
    assert replace(CALLER, bound=False).key_workspace_binding is None


def test_role_and_team_are_asked_beside_the_scopes() -> None:
    assert CALLER.permits("webhooks:delete")
    assert not CALLER.permits("workspaces:write")
    assert replace(CALLER, scopes=("admin:*",)).permits("workspaces:write")
    assert replace(CALLER, permissions=("*",)).permits("bio.publish")
    assert replace(CALLER, permissions=("bio.publish",)).permits("bio.publish")
    assert not replace(CALLER, permissions=("bio.publish",)).permits("bio.delete")


def test_a_service_that_vouches_for_itself_gives_itself_no_user_and_no_scope(private: Ed25519PrivateKey) -> None:
    signer, reader = PrincipalSigner("service1", private), verifier(private, "service1")
    greedy = replace(CALLER, kind="service", service="webhooks", scopes=("*", "admin:*"))
    read = reader.verify(signer.sign(greedy), now=1.0)
    assert read == Principal(kind="service", service="webhooks", expires_at=100.0)
    assert not read.is_operator


def test_what_is_meant_for_one_service_is_refused_by_the_others(private: Ed25519PrivateKey) -> None:
    token = PrincipalSigner("gateway1", private).sign(replace(CALLER, destination="webhooks"))
    keys = {"gateway1": private.public_key()}
    assert PrincipalVerifier(keys, service="webhooks").verify(token, now=1.0).user_id == "usr_1"
    for other in ("tenancy", ""):
        with pytest.raises(InvalidPrincipal):
            PrincipalVerifier(keys, service=other).verify(token, now=1.0)
    of_before = PrincipalSigner("gateway1", private).sign(CALLER)
    assert PrincipalVerifier(keys, service="webhooks").verify(of_before, now=1.0) == CALLER
