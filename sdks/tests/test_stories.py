"""Against the real suite: every README's snippets run as printed, and every SDK tells the same story."""

from pathlib import Path

import pytest

from sdks.tests.languages import LANGUAGES, SDKS, Language
from tests.e2e.suite import Suite

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
def test_the_story_of_a_tenant_survives_a_spent_limit_and_killed_connections(
    language: Language, suite: Suite, front: str
) -> None:
    """Workspace, key, namespace, webhook, usage; a delivery received and verified; deliveries paged through."""
    _demand(language)
    program = next((SDKS / language.folder / "tests").glob("story.*"), SDKS / language.folder / "test/story.mjs")
    told = language.run(Path(program), {"ATRIUM_API_KEY": suite.key, "ATRIUM_BASE_URL": front})
    assert told.splitlines()[-1] == "the story holds"


def _demand(language: Language) -> None:
    if not language.is_here:
        pytest.skip(f"{language.command} is not installed")
