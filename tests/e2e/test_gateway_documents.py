"""What the gateway publishes of itself: the OpenAPI document and the explorer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from atrium_gateway.route_table import TABLE
from tests.e2e.suite import Platform
from tests.infra.browser import PROGRAM, Browser

Operations = dict[tuple[str, str], dict[str, Any]]


async def _document(platform: Platform) -> dict[str, Any]:
    answer = await platform.call("GET", "/api/openapi.json", key="")
    assert answer.status == 200
    assert isinstance(answer.body, dict)
    return answer.body


async def test_the_openapi_document_is_public_valid_and_complete(platform: Platform) -> None:
    document = await _document(platform)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1")
    assert {"apiKey", "basic"} <= set(document["components"]["securitySchemes"])
    for entry in TABLE:
        operation = document["paths"].get(entry.template, {}).get(entry.method.lower())
        if operation is None:
            continue  # no service offers it yet: the test of the table says which
        names = {(each["in"], each["name"]) for each in operation["parameters"]}
        assert ("header", "X-Workspace-ID") in names
        assert (("header", "Idempotency-Key") in names) == entry.writes, entry
        assert {"401", "403", "429", "503"} <= set(operation["responses"])
        assert {"apiKey": [entry.scope] if entry.scope else []} in operation["security"]
        for status, response in operation["responses"].items():
            assert {"X-RateLimit-Limit", "RateLimit"} <= set(response["headers"]), (entry, status)


async def test_the_document_is_not_sent_again_to_whoever_has_it(platform: Platform) -> None:
    first = await platform.call("GET", "/api/openapi.json", key="")
    again = await platform.call("GET", "/api/openapi.json", key="", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, None)


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
async def test_the_explorer_finds_an_operation_sends_it_and_loads_nothing_from_elsewhere(
    platform: Platform, tmp_path: Path
) -> None:
    tenant = await platform.tenant()
    async with Browser(tmp_path / "profile") as browser:
        await browser.open(f"{platform.base}/api/docs")
        await browser.until("document.body?.dataset.ready === 'true'")
        assert await browser.run("document.querySelectorAll('nav a').length") > 20
        await browser.run("byId('search').value = 'create namespace'; byId('search').dispatchEvent(new Event('input'))")
        await browser.run("document.querySelector('nav a[title=\"/api/v1/namespaces\"]').click()")
        await browser.until("byId('body') !== null")
        await browser.run(f"byId('key').value = {json.dumps(tenant.key)}")
        await browser.run("byId('body').value = JSON.stringify({name: 'Made by hand <b>'})")
        await browser.run("byId('send').click()")
        assert await browser.until("byId('status') && byId('status').textContent") == "201"
        made = json.loads(await browser.run("byId('answer-body').textContent"))["data"]
        assert made["name"] == "Made by hand <b>"
        assert await browser.run("document.querySelector('#answer b')") is None
        await browser.run("location.hash = '#get_namespaces_namespace_id'")
        await browser.until("document.querySelector('#p-path-namespace_id') !== null")
        await browser.run(f"byId('p-path-namespace_id').value = {json.dumps(made['id'])}")
        await browser.run("byId('send').click()")
        assert await browser.until("byId('status') && byId('status').textContent") == "200"
        hosts = {urlsplit(url).netloc for url in browser.requested if not url.startswith(("about:", "data:"))}
        assert hosts == {f"127.0.0.1:{platform.port}"}
        assert browser.complaints == []
        # What a page of somebody else's could do here: the policy forbids it.
        await browser.run(
            "const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)"
        )
        assert await browser.run("window.hacked") is None


@pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed")
async def test_the_explorer_says_in_words_what_went_wrong_and_fits_a_phone(platform: Platform, tmp_path: Path) -> None:
    tenant = await platform.tenant()
    async with Browser(tmp_path / "profile") as browser:
        await browser.open(f"{platform.base}/api/docs#post_namespaces")
        await browser.until("document.body?.dataset.ready === 'true' && byId('body') !== null")
        assert (
            await browser.run("document.querySelector('nav a[aria-current]').textContent") == "POSTCreate a namespace"
        )
        await browser.run("byId('send').click()")
        assert "UNAUTHENTICATED" in await browser.until("document.querySelector('.refusal')?.textContent")
        await browser.run(
            f"byId('key').value = {json.dumps(tenant.key)}; byId('body').value = '{{}}'; byId('send').click()"
        )
        told = await browser.until(
            "byId('status').textContent === '422' && document.querySelector('.refusal').textContent"
        )
        assert "VALIDATION_ERROR" in told
        assert "The name field is required." in told
        await browser.screenshot(tmp_path / "phone.png", width=390, height=844)
        assert await browser.run("document.documentElement.scrollWidth") <= 390
        assert await browser.run("getComputedStyle(byId('operations')).display") == "none"
        await browser.run("byId('search').focus()")
        assert await browser.run("getComputedStyle(byId('operations')).display") == "block"


async def test_the_explorer_is_served_with_a_strict_policy(platform: Platform) -> None:
    assert platform._session is not None
    async with platform._session.get(f"{platform.base}/api/docs") as page:
        assert page.status == 200
        assert page.content_type == "text/html"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        text = await page.text()
        assert "http://" not in text
        assert "https://" not in text
