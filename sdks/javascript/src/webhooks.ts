import { SignatureInvalid } from "./errors.js";

/** Seconds: how old, or how far ahead, a webhook may be. */
export const TOLERANCE = 300;

type Bytes = Uint8Array<ArrayBuffer>;
type GivenHeaders = Headers | Record<string, string | string[] | undefined>;

export interface VerifyOptions {
  /** Seconds; null for any age. */
  tolerance?: number | null;
  /** Unix seconds, for tests. */
  now?: number;
}

/**
 * The event in a webhook's body, once its signature holds. Either scheme will do: `webhook-signature` (Standard
 * Webhooks) is checked where it is sent, else `X-Webhook-Signature`. Give the body as it came, before any JSON was
 * read; `secret` may be several during a rotation. Throws `SignatureInvalid`, and a `TypeError` for a secret that is
 * none or empty, and for a body that was read already.
 */
export async function verify(
  body: string | Uint8Array | ArrayBuffer,
  headers: GivenHeaders,
  secret: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Record<string, unknown>> {
  const raw = bytesOf(body);
  const given = lowered(headers);
  const secrets = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0 || !secrets.every((each) => typeof each === "string" && each !== "")) {
    throw new TypeError("the webhook's secret must be a text that is not empty, or several of them");
  }
  const timestamp = given["webhook-timestamp"] ?? given["x-webhook-timestamp"] ?? "";
  const tolerance = options.tolerance === undefined ? TOLERANCE : options.tolerance;
  const now = options.now ?? Date.now() / 1000;
  if (tolerance !== null && !(/^\d+$/.test(timestamp) && Math.abs(now - Number(timestamp)) <= tolerance)) {
    throw new SignatureInvalid("the webhook's timestamp is missing, or too far from now");
  }
  const standard = given["webhook-signature"];
  const signed = standard === undefined ? raw : signedContent(given["webhook-id"] ?? "", timestamp, raw);
  const signatures = standard === undefined ? [fromHex(given["x-webhook-signature"] ?? "")] : standard.split(" ").map(fromBase64);
  // Every pair is compared, each in constant time, so that the time tells nothing.
  let fits = false;
  for (const each of secrets) {
    const key = await hmacKey(standard === undefined ? bytesOf(each) : standardKey(each));
    for (const signature of signatures) fits = (await (await subtle()).verify("HMAC", key, signature, signed)) || fits;
  }
  if (!fits) throw new SignatureInvalid("the webhook's signature does not fit its body and the secret");
  const event = jsonOf(raw);
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    throw new SignatureInvalid("the webhook's body is no JSON object");
  }
  return event as Record<string, unknown>;
}

/** The headers of a signed webhook, both schemes: for tests of receivers. `timestamp` in Unix seconds. */
export async function sign(
  body: string | Uint8Array | ArrayBuffer,
  secret: string,
  { webhookId = "evt_test", timestamp = Math.floor(Date.now() / 1000) }: { webhookId?: string; timestamp?: number } = {},
): Promise<Record<string, string>> {
  const raw = bytesOf(body);
  const moment = String(timestamp);
  const plain = await hmac(bytesOf(secret), raw);
  const standard = await hmac(standardKey(secret), signedContent(webhookId, moment, raw));
  return {
    "Content-Type": "application/json",
    "X-Webhook-ID": webhookId,
    "X-Webhook-Timestamp": moment,
    "X-Webhook-Signature": `sha256=${Array.from(plain, (byte) => byte.toString(16).padStart(2, "0")).join("")}`,
    "webhook-id": webhookId,
    "webhook-timestamp": moment,
    "webhook-signature": `v1,${btoa(String.fromCharCode(...standard))}`,
  };
}

/** The bytes behind `whsec_` where they are base64 of 24 to 64 bytes; of any other text the text itself. */
function standardKey(secret: string): Bytes {
  if (secret.startsWith("whsec_")) {
    const text = secret.slice(6);
    if (/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
      const key = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      if (key.length >= 24 && key.length <= 64) return key;
    }
  }
  return bytesOf(secret);
}

function signedContent(id: string, timestamp: string, raw: Bytes): Bytes {
  const head = bytesOf(`${id}.${timestamp}.`);
  const all = new Uint8Array(head.length + raw.length);
  all.set(head);
  all.set(raw, head.length);
  return all;
}

function jsonOf(raw: Bytes): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(raw));
  } catch {
    return null;
  }
}

async function subtle(): Promise<SubtleCrypto> {
  if (globalThis.crypto?.subtle) return globalThis.crypto.subtle;
  // Node 18 has it in a module of its own, whose name no bundler for browsers may see: it would look for it.
  const name = "node:crypto" as string;
  const node = (await import(/* webpackIgnore: true */ /* @vite-ignore */ name)) as typeof import("node:crypto");
  return node.webcrypto.subtle as SubtleCrypto;
}

async function hmacKey(key: Bytes): Promise<CryptoKey> {
  return (await subtle()).importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

async function hmac(key: Bytes, content: Bytes): Promise<Uint8Array> {
  return new Uint8Array(await (await subtle()).sign("HMAC", await hmacKey(key), content));
}

function bytesOf(value: string | Uint8Array | ArrayBuffer): Bytes {
  if (typeof value === "string") return new TextEncoder().encode(value);
  // By its name: the class of another frame is another.
  if (Object.prototype.toString.call(value) === "[object ArrayBuffer]") return new Uint8Array(value as ArrayBuffer);
  if (ArrayBuffer.isView(value)) return new Uint8Array(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  throw new TypeError("give the webhook's body as it came: its text or bytes, before any JSON is read from them");
}

function fromHex(signature: string): Bytes {
  const text = signature.startsWith("sha256=") ? signature.slice(7) : "";
  return new Uint8Array((/^(?:[0-9a-f]{2})*$/.test(text) ? (text.match(/../g) ?? []) : []).map((pair) => parseInt(pair, 16)));
}

function fromBase64(signature: string): Bytes {
  if (!signature.startsWith("v1,")) return new Uint8Array();
  try {
    return Uint8Array.from(atob(signature.slice(3)), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function lowered(headers: GivenHeaders): Record<string, string | undefined> {
  // Not by the class: a framework may have one of its own.
  const pairs = Symbol.iterator in headers ? [...(headers as Headers)] : Object.entries(headers);
  return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value[0] : value]));
}
