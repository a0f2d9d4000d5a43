// Neither a key nor another resource is told or touched by mistake; a caller's signal is left as it was.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client } from "@atrium/sdk";

const answering = (status, body, headers = {}) => async () => new Response(JSON.stringify(body), { status, headers });

test("a key that no header may have is told without the key", async () => {
  const client = new Client("sk_live_hid\nden");
  await assert.rejects(client.users.me(), (error) => error instanceof TypeError && !error.message.includes("hid\nden"));
});

test("what is shown once is printed without it, and is what it is", async () => {
  const client = new Client("sk_live_x", { fetch: answering(201, { data: { id: "key_1", key: "sk_live_hidden" } }) });
  const made = await client.apiKeys.create({ name: "CI" });
  assert.equal(made.key, "sk_live_hidden");
  assert.deepEqual(JSON.parse(JSON.stringify({ ...made })), { id: "key_1", key: "sk_live_hidden" });
  assert.match(inspect([made]), /key_1/);
  assert.doesNotMatch(inspect([made]), /hidden/);
});

test("what a batch made is printed without it too", async () => {
  const made = [{ status: 201, data: { id: "key_1", key: "sk_live_hidden" } }, { status: 404, error: {} }];
  const client = new Client("sk_live_x", { fetch: answering(200, { data: made }) });
  const results = await client.apiKeys.batch({ operations: [] });
  assert.deepEqual(JSON.parse(JSON.stringify(results)), made);
  assert.match(inspect(results), /key_1/);
  assert.doesNotMatch(inspect(results), /hidden/);
});

test("a step in a path names no resource", () => {
  assert.throws(() => new Client("sk_live_x").workspaces.delete(".."), TypeError);
});

test("a signal that lives for long keeps nothing of a call, and no limit is no limit", async () => {
  const { signal } = new AbortController();
  const client = new Client("sk_live_x", { fetch: answering(200, { data: { id: "usr_1" } }), timeout: Infinity });
  assert.equal((await client.users.me({}, { signal })).id, "usr_1");
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("a signal that ends before a wait ends the wait", async () => {
  const ended = new AbortController();
  const fetch = answering(429, {}, { "Retry-After": "50" });
  const client = new Client("sk_live_x", { fetch, onResponse: () => ended.abort(new Error("enough")) });
  await assert.rejects(client.users.me({}, { signal: ended.signal }), /enough/);
});
