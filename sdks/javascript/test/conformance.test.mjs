// The SDK does what every SDK must, as an ES module and as a CommonJS one.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as esm from "@atrium/sdk";
import { scripted } from "./scripted.mjs";

const scenarios = JSON.parse(await readFile(new URL("../../conformance/scenarios.json", import.meta.url)));
const cjs = createRequire(import.meta.url)("@atrium/sdk");
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

for (const [form, sdk] of Object.entries({ esm, cjs })) {
  describe(form, () => {
    let server;
    before(async () => (server = await scripted()));
    after(() => server.close());
    for (const scenario of scenarios) {
      test(scenario.name, async () => {
        await server.script(scenario.answers);
        const outcome = await run(sdk, server.base, scenario).catch((error) => error);
        check(sdk, scenario, outcome, await server.requests());
      });
    }
  });
}

async function run(sdk, server, { call, base = "", options = {} }) {
  const client = new sdk.Client("sk_test_conformance", { baseUrl: server + base });
  const chosen = Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
  const given = call.arguments === undefined ? [] : [call.arguments];
  const answer = client[camel(call.resource)][camel(call.method)](...(call.path ?? []), ...given, chosen);
  if (!(answer instanceof sdk.PagePromise)) return answer;
  const items = [];
  for await (const item of answer) items.push(item);
  return items;
}

function check(sdk, { expect }, outcome, requests) {
  assert.equal(requests.length, expect.requests?.length ?? expect.attempts, String(outcome));
  expect.requests?.forEach((want, index) => {
    const request = requests[index];
    assert.equal(request.method, want.method);
    assert.equal(request.path, want.path);
    assert.deepEqual(request.query, want.query ?? {});
    assert.deepEqual(request.body, want.body ?? null);
    for (const [name, value] of Object.entries(want.headers ?? {})) assert.equal(request.headers[name], value);
  });
  for (const request of requests) {
    assert.match(request.headers["user-agent"], /^atrium-sdk-javascript\//);
    assert.equal("idempotency-key" in request.headers, request.method !== "GET");
  }
  if (expect.same_idempotency_key) {
    assert.equal(new Set(requests.map((request) => request.headers["idempotency-key"])).size, 1);
  }
  const elapsed = requests.at(-1).at - requests[0].at;
  assert.ok(elapsed >= (expect.least_seconds ?? 0), `waited ${elapsed} s`);
  assert.ok(elapsed <= (expect.most_seconds ?? 60), `waited ${elapsed} s`);
  if (expect.error) {
    assert.ok(outcome instanceof (sdk.errors.BY_CODE[expect.error.code] ?? sdk.ApiError), String(outcome));
    for (const [name, value] of Object.entries(expect.error)) assert.deepEqual(outcome[camel(name)], value);
    assert.ok(outcome.message.includes(expect.says ?? ""), outcome.message);
  } else if (expect.connection_failed) {
    assert.ok(outcome instanceof sdk.ConnectionFailed, String(outcome));
  } else if (expect.items) {
    assert.deepEqual(outcome.map((item) => item.id), expect.items);
  } else if (expect.result === null) {
    assert.equal(outcome, undefined);
  } else {
    for (const [name, value] of Object.entries(expect.result)) assert.deepEqual(outcome[name], value, String(outcome));
    if (expect.etag) assert.equal(outcome.lastResponse.etag, expect.etag);
  }
}
