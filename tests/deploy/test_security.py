"""What docs/security.md promises of the code as a whole: nothing secret is compared by `==`, in any language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.image import ROOT

SOURCES = sorted(
    path
    for folder in ("libs", "services", "deploy", "sdks")
    for path in (ROOT / folder).rglob("*.py")
    if "tests" not in path.parts and "node_modules" not in path.parts
)
_SECRET = re.compile(r"(?:\A|_)(?:secrets?|signatures?|tokens?|passwords?|hmac|mac|checksum|api_key|credentials)\Z")


def _compared(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            for side in (node.left, *node.comparators):
                name = side.id if isinstance(side, ast.Name) else side.attr if isinstance(side, ast.Attribute) else ""
                against_a_literal = any(isinstance(each, ast.Constant) for each in (node.left, *node.comparators))
                if _SECRET.search(name.lower()) and not against_a_literal:
                    yield f"{path.relative_to(ROOT)} {name}"


def test_nothing_secret_is_compared_in_a_time_that_tells_of_it() -> None:
    # A cursor's "signature" is the list's order, and no secret.
    known = {"libs/common/src/atrium_common/http/page.py signature"}
    assert {found for path in SOURCES for found in _compared(path)} <= known


@pytest.mark.parametrize(
    ("path", "compare"),
    [
        ("sdks/python/src/atrium_sdk/webhooks.py", "compare_digest"),
        ("sdks/javascript/src/webhooks.ts", '.verify("HMAC"'),
        ("sdks/php/src/Webhooks.php", "hash_equals"),
        ("libs/common/src/atrium_common/api_keys.py", "compare_digest"),
        ("deploy/local/src/atrium_local/receiver.py", "compare_digest"),
    ],
)
def test_signatures_and_checksums_are_compared_in_constant_time(path: str, compare: str) -> None:
    assert compare in (ROOT / path).read_text()
