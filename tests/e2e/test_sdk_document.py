"""The document from which the SDKs are made is the one that is served."""

import json
from pathlib import Path

from tests.e2e.suite import Platform

KEPT = Path(__file__).parents[2] / "sdks/api/openapi.json"


async def test_the_sdks_are_made_from_the_document_that_is_served(platform: Platform) -> None:
    served = (await platform.call("GET", "/api/openapi.json", key="")).body
    assert json.loads(KEPT.read_text()) == served, "save GET /api/openapi.json there, sorted, and run make sdks"
