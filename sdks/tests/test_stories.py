"""Against the real suite: every README's snippets run as printed, and every SDK tells the same story."""

import json
from pathlib import Path

import pytest

from sdks.tests.languages import LANGUAGES, SDKS, Language
from tests.e2e.suite import Suite
from tests.infra.browser import PROGRAM, Browser

each = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.folder)
pytestmark = pytest.mark.timeout(180)


@each
def test_every_snippet_of_the_readme_runs_as_printed(language: Language, suite: Suite) -> None:
    _demand(language)
    program = SDKS / language.folder / f"readme_snippets{language.ending}"
    program.write_text(language.snippets())
    try:
        printed = language.run(program, {"ATRIUM_API_KEY": suite.key, "ATRIUM_BASE_URL": suite.base})
    finally:
        program.unlink()
    assert "my-workspace" in printed
    assert "somebody was faster: req_" in printed
    assert printed.rstrip().endswith("workspace.created")


@each
def test_the_references_examples_work(language: Language, suite: Suite) -> None:
    _demand(language)
    told = language.run(language.program("reference"), {"ATRIUM_API_KEY": suite.key, "ATRIUM_BASE_URL": suite.base})
    assert told.splitlines()[-1].endswith("examples work")


@each
def test_the_story_of_a_tenant_survives_a_spent_limit_and_killed_connections(
    language: Language, suite: Suite, front: str
) -> None:
    """Workspace, key, namespace, webhook, usage; a delivery received and verified; deliveries paged through."""
    _demand(language)
    told = language.run(language.program("story"), {"ATRIUM_API_KEY": suite.key, "ATRIUM_BASE_URL": front})
    assert told.splitlines()[-1] == "the story holds"


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
async def test_the_javascript_sdk_works_in_a_browser(suite: Suite, front: str, tmp_path: Path) -> None:
    async with Browser(tmp_path / "profile") as browser:
        await browser.open(f"{front}/_sdk/page.html")
        script = f"""(async () => {{
            const {{ Client, webhooks }} = await import("/_sdk/index.js");
            const client = new Client({json.dumps(suite.key)}, {{ baseUrl: location.origin }});
            const made = await client.workspaces.create({{ name: "From a browser" }});
            const headers = await webhooks.sign("{{}}", "a secret of the client");
            await webhooks.verify("{{}}", headers, "a secret of the client");
            return made.name;
        }})()"""
        assert await browser.run(script) == "From a browser"
        assert browser.complaints == []
        sent = json.loads(await browser.run("fetch('/_requests').then((answer) => answer.text())"))
        assert all("Mozilla" in request["headers"]["user-agent"] for request in sent)


def _demand(language: Language) -> None:
    if not language.is_here:
        pytest.skip(f"{language.command} is not installed")
