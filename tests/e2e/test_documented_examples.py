"""What the documents show runs as it is written."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import uuid

import pytest

from atrium_gateway.settings import GatewaySettings
from atrium_webhooks.settings import WebhooksSettings
from tests.deploy.image import ROOT
from tests.e2e.suite import Platform

SUBSCRIBER = re.search(r"```python\n(.*?)```", (ROOT / "docs/event-stream.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("stack", ["kafka+mongodb"], indirect=True)
async def test_the_subscriber_of_the_event_stream_s_document_prints_what_happens(platform: Platform) -> None:
    bootstrap = platform.environment["ATRIUM_KAFKA_BOOTSTRAP"]
    assert SUBSCRIBER is not None
    program = SUBSCRIBER[1]
    for written, here in (
        ('"kafka:9092"', f'"{bootstrap}"'),
        ('"tenancy.events"', f'"{platform.environment["ATRIUM_KAFKA_PREFIX"]}tenancy.events"'),
        ('"billing"', f'"billing-{uuid.uuid4().hex}"'),
    ):
        assert written in program
        program = program.replace(written, here)
    tenant = await platform.tenant()
    subject = f"workspace/{tenant.workspace['id']}"
    subscriber = await asyncio.create_subprocess_exec(
        sys.executable, "-u", "-c", program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert subscriber.stdout is not None
    printed: list[str] = []
    try:
        async with asyncio.timeout(60):
            while not printed or not printed[-1].startswith(f"workspace.created {subject} {{"):
                line = await subscriber.stdout.readline()
                assert line, printed[-5:]
                printed.append(line.decode())
    finally:
        subscriber.kill()
        await subscriber.wait()


@pytest.mark.parametrize("document", ["README.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_what_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text()
    for named in re.findall(r"`((?:docs|deploy|tests|sdks|requirements|libs|services)/[\w./-]+)`", text):
        assert (ROOT / named).exists(), named
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)|^make ([a-z-]+)", text, re.MULTILINE)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_every_setting_that_a_document_names_is_one() -> None:
    known = {name.upper() for model in (GatewaySettings, WebhooksSettings) for name in model.model_fields}
    # What is no setting of a process: for the command alone, for tests, and prefixes of several.
    known |= {"API_KEY", "URL", "ROLE"}
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for named in re.findall(r"ATRIUM_([A-Z_]*[A-Z])\b", path.read_text()):
            assert named in known or any(name.startswith(f"{named}_") for name in known), (path.name, named)
