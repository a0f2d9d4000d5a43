// A tenant's story against a real suite behind a scriptable server; run by `make test-sdks`.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, webhooks } from "@atrium/sdk";

const arrived = [];
const secrets = [];
const receiver = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  // Only what is signed is believed.
  arrived.push(await webhooks.verify(Buffer.concat(parts), request.headers, secrets));
  response.writeHead(204).end();
}).listen(0, "127.0.0.1");
await once(receiver, "listening");

async function until(holds, what) {
  for (const deadline = Date.now() + 30_000; !(await holds()); await sleep(50)) {
    assert.ok(Date.now() < deadline, `not in time: ${what}`);
  }
}

const script = (...answers) =>
  fetch(`${process.env.ATRIUM_BASE_URL}/_script`, { method: "POST", body: JSON.stringify(answers) });

const operator = new Client();
const workspace = await operator.workspaces.create({ name: "Story in JavaScript", tier: "pro" });
const key = await operator.apiKeys.create({ name: "all", scopes: ["*"] }, { workspace: workspace.id });

const client = new Client(key.key);
const url = `http://127.0.0.1:${receiver.address().port}/hooks`;
const hook = await client.webhooks.create({ url, events: ["namespace.*"] });
secrets.push(hook.secret);

await script({ forward: true, drop: true });
const first = await client.namespaces.create({ name: "First" });
const wait = { error: { code: "RATE_LIMIT_EXCEEDED", message: "Wait." } };
await script({ status: 429, headers: { "Retry-After": "1" }, body: wait });
const second = await client.namespaces.create({ name: "Second" });
const names = [];
for await (const each of client.namespaces.list({ per_page: 1 })) names.push(each.name);
assert.deepEqual(names.sort(), ["First", "Second"]);

const used = await client.entitlements.recordUsage({ feature: "seats", quantity: 3, enforce: true });
assert.deepEqual([used.recorded, used.current_usage], [true, 3]);

await until(() => {
  const seen = arrived.map((event) => event.data.object.id);
  return seen.includes(first.id) && seen.includes(second.id);
}, "both webhooks");
await until(async () => (await client.deliveries.list(hook.id)).data.every((each) => each.status === "success"), "success");
const ids = [];
for await (const each of client.deliveries.list(hook.id, { per_page: 1 })) ids.push(each.id);
assert.equal(ids.length, 2);
assert.equal(new Set(ids).size, 2);

receiver.close();
receiver.closeAllConnections();
console.log("the story holds");
