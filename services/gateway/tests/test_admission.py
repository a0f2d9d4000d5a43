import base64

import pytest

from atrium_common.errors import InvalidHeader, Unauthenticated, ValidationFailed
from atrium_gateway.admission import asked_for, given_key
from atrium_gateway.http1.message import Request


def request(target: str = "/", **headers: str) -> Request:
    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return Request("GET", target, given, peer="127.0.0.1")


def test_a_key_comes_as_bearer_or_as_the_user_of_basic() -> None:
    basic = base64.b64encode(b"sk_x:").decode()
    for text in ("Bearer sk_x", "bearer  sk_x ", f"Basic {basic}", f"BASIC {basic}"):
        assert given_key(request(authorization=text).headers, needed=True) == b"sk_x"
    assert given_key({}, needed=False) is None
    for headers in ({}, {"authorization": "Digest x"}, {"authorization": "Bearer"}):
        with pytest.raises(Unauthenticated):
            given_key(request(**headers).headers, needed=True)
    with pytest.raises(InvalidHeader):
        given_key(request(authorization="Basic ###").headers, needed=True)


def test_the_context_comes_from_header_or_query_and_both_must_agree() -> None:
    assert asked_for(b"k", request(), None).workspace_id is None
    assert asked_for(b"k", request(x_workspace_id="wks_1"), None).workspace_id == "wks_1"
    assert asked_for(b"k", request("/?workspace_id=wks_1&namespace_id=ns_1"), None).namespace_id == "ns_1"
    assert asked_for(b"k", request("/?workspace%5Fid=wks_1"), None).workspace_id == "wks_1"
    assert asked_for(b"k", request("/?workspace_id=wks_1", x_workspace_id="wks_1"), None).workspace_id == "wks_1"
    with pytest.raises(ValidationFailed):
        asked_for(b"k", request("/?workspace_id=wks_2", x_workspace_id="wks_1"), None)
    assert asked_for(b"k", request("/?workspace_id=wks_1&workspace_id=wks_1"), None).workspace_id == "wks_1"
    with pytest.raises(ValidationFailed):
        asked_for(b"k", request("/?workspace_id=wks_1&workspace_id=wks_2"), None)
    with pytest.raises(InvalidHeader):
        asked_for(b"k", request(x_workspace_id="a b"), None)
    with pytest.raises(ValidationFailed):
        asked_for(b"k", request("/?workspace_id=a%20b"), None)


def test_a_namespace_in_the_path_is_asked_about_and_is_no_context() -> None:
    asked = asked_for(b"k", request(), "ns_1")
    assert (asked.namespace_id, asked.subject) == ("ns_1", True)
    asked = asked_for(b"k", request(x_namespace_id="ns_2"), "ns_1")
    assert (asked.namespace_id, asked.subject) == ("ns_2", False)
    assert asked_for(b"k", request(), "no%20id" * 2000).namespace_id is None
