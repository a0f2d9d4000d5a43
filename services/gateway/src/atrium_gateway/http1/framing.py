"""Whether a head means the same to us and to every server behind us (RFC 9112 §3 and §6), beyond what llhttp checks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from atrium_common.errors import AtriumError, InvalidHeader, UnknownHttpVersion, UnknownTransferCoding

_VERSIONS = frozenset({"1.0", "1.1"})
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"%(2[DdEe]|3[0-9]|4[1-9A-Fa-f]|5[0-9AaFf]|6[1-9A-Fa-f]|7[0-9AaEe])")


def fault_of(target: bytes, version: str, headers: Mapping[bytes, bytes]) -> AtriumError | None:
    """Why the request must be refused, whatever it asks for; None where nothing is wrong with its head."""
    if version not in _VERSIONS:
        return UnknownHttpVersion()
    if b"#" in target or b"\\" in target or (b"%" in target and _BROKEN_PERCENT.search(target)):
        return InvalidHeader("The request's target is not well-formed.")
    coding = headers.get(b"transfer-encoding")
    if coding is None:
        return None
    codings = [each.strip() for each in coding.lower().split(b",")]
    if version != "1.1" or not all(codings) or codings[-1] != b"chunked":
        # Where such a body ends, nobody can say.
        return InvalidHeader("The header Transfer-Encoding is malformed.")
    return None if codings == [b"chunked"] else UnknownTransferCoding()


def normalised(path: str) -> str:
    """The path with what never needs an escape unescaped (RFC 3986 §6.2.2.2): one spelling for one resource."""
    return _UNRESERVED.sub(lambda found: chr(int(found[1], 16)), path) if "%" in path else path


def framing_of(headers: Mapping[bytes, bytes]) -> bytes:
    """The field that says how the body is framed, as it is sent; empty where there is no body."""
    length = headers.get(b"content-length")
    if length is not None:
        return b"Content-Length: %b\r\n" % length
    return b"Transfer-Encoding: chunked\r\n" if b"transfer-encoding" in headers else b""
