// A receiver believes what was signed with its secret, and nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { errors, webhooks } from "@atrium/sdk";

const BODY = JSON.stringify({ id: "evt_1", type: "workspace.created" });
const GENERATED = `whsec_${Buffer.alloc(32, "k").toString("base64")}`;
const SECRETS = [GENERATED, "a plain text of the client's", "whsec_abc123...", `whsec_${Buffer.from("short").toString("base64")}`];
const only = (headers, prefix) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(prefix)));

for (const scheme of ["webhook-", "X-Webhook-"]) {
  for (const secret of SECRETS) {
    test(`${scheme} is verified under ${secret.slice(0, 12)}…`, async () => {
      const headers = only(await webhooks.sign(BODY, secret), scheme);
      assert.equal((await webhooks.verify(BODY, headers, secret)).id, "evt_1");
      assert.equal((await webhooks.verify(Buffer.from(BODY), new Headers(headers), secret)).id, "evt_1");
    });
  }
  test(`${scheme}: another secret and an altered body are refused`, async () => {
    const headers = only(await webhooks.sign(BODY, GENERATED), scheme);
    await assert.rejects(webhooks.verify(BODY, headers, "another secret"), errors.SignatureInvalid);
    await assert.rejects(webhooks.verify(`${BODY} `, headers, GENERATED), errors.SignatureInvalid);
  });
}

test("what is too old or from the future is refused unless any age will do", async () => {
  const headers = await webhooks.sign(BODY, GENERATED, { timestamp: 1_700_000_000 });
  for (const now of [1_700_000_301, 1_699_999_699]) {
    await assert.rejects(webhooks.verify(BODY, headers, GENERATED, { now }), errors.SignatureInvalid);
    await webhooks.verify(BODY, headers, GENERATED, { now, tolerance: null });
  }
});

test("during a rotation either secret will do", async () => {
  const old = await webhooks.sign(BODY, "the old secret of the client");
  const fresh = await webhooks.sign(BODY, GENERATED);
  const both = { ...fresh, "webhook-signature": `${old["webhook-signature"]} ${fresh["webhook-signature"]}` };
  await webhooks.verify(BODY, both, GENERATED);
  await webhooks.verify(BODY, old, [GENERATED, "the old secret of the client"]);
});

test("the same bytes are signed as everywhere else", async () => {
  const headers = await webhooks.sign(BODY, GENERATED, { webhookId: "evt_1", timestamp: 1_700_000_000 });
  const { createHmac } = await import("node:crypto");
  const expected = createHmac("sha256", Buffer.alloc(32, "k")).update(`evt_1.1700000000.${BODY}`).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${expected}`);
});

test("a timestamp that is none is refused and no crash", async () => {
  for (const timestamp of ["9".repeat(400), "²", "١٧٠٠٠٠٠٠٠٠", "-1700000000", "1.5", ""]) {
    const headers = { ...(await webhooks.sign(BODY, GENERATED)), "webhook-timestamp": timestamp };
    await assert.rejects(webhooks.verify(BODY, headers, GENERATED), errors.SignatureInvalid);
  }
});

test("signatures of other kinds beside ours are passed over", async () => {
  const headers = await webhooks.sign(BODY, GENERATED);
  await webhooks.verify(BODY, { ...headers, "webhook-signature": `v1a,!! v1,= ${headers["webhook-signature"]}` }, GENERATED);
});

test("a body that was read already is told as that", async () => {
  const headers = await webhooks.sign(BODY, GENERATED);
  for (const body of [JSON.parse(BODY), undefined, null, 5]) {
    await assert.rejects(webhooks.verify(body, headers, GENERATED), { name: "TypeError", message: /as it came/ });
  }
  const { buffer } = new TextEncoder().encode(BODY);
  assert.equal((await webhooks.verify(buffer, headers, GENERATED)).id, "evt_1");
});

test("a secret that is none verifies nothing, and a signed body that is no JSON is refused", async () => {
  const headers = await webhooks.sign(BODY, GENERATED);
  for (const secret of ["", ["", GENERATED], undefined, null, [], [GENERATED, undefined], Buffer.from("whsec_")]) {
    await assert.rejects(webhooks.verify(BODY, headers, secret), { name: "TypeError", message: /secret/ });
  }
  await assert.rejects(webhooks.verify("no JSON", await webhooks.sign("no JSON", GENERATED), GENERATED), errors.SignatureInvalid);
});

test("no signature is no signature", async () => {
  for (const headers of [{}, { "X-Webhook-Timestamp": "1700000000" }, { "webhook-signature": "v1," }, { "x-webhook-signature": "sha256=" }]) {
    await assert.rejects(webhooks.verify(BODY, headers, GENERATED, { tolerance: null }), errors.SignatureInvalid);
  }
});
