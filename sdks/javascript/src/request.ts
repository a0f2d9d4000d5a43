import type { PagePromise } from "./pages.js";
import type { ClientOptions, Options, Result } from "./types.js";
import { VERSION } from "./version.js";

/** A call as a value: what the resources hand to a client. `path` is below `/api/v1`; a link's has its query. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly shape: "one" | "list" | "bare" | "nothing";
  readonly query?: object;
  readonly body?: object;
}

/** What runs calls. */
export interface Runner {
  run<T>(call: Call, options: Options): Promise<T extends object ? Result<T> : T>;
  page<T>(call: Call, options: Options): PagePromise<T>;
}

export const BASE = "/api/v1";
const WRITES = new Set(["POST", "PATCH", "PUT", "DELETE"]);
// Browsers have a user agent of their own; setting it would have to be allowed by CORS.
const IN_NODE = typeof process !== "undefined" && Boolean(process.versions?.node);
const USER_AGENT = `atrium-sdk-javascript/${VERSION}`;

/** The URL that `/api/v1` stands behind, whether it was given with that or without. */
export function baseOf(url: string): string {
  if (!/^https?:\/\/[^/]/.test(url)) {
    throw new TypeError(`baseUrl must begin with https:// (or http://) and a host, not be ${url}`);
  }
  return url.replace(/\/+$/, "").replace(/([^/])\/api\/v1$/, "$1").replace(/\/+$/, "");
}

/**
 * What stands behind `/api/v1` in a link of the API. Its host is not followed, where the key would go too; nor what
 * its path has before, which a proxy may hide.
 */
export function pathBehind(link: string): string {
  const { pathname, search } = new URL(link, "http://relative.invalid");
  const at = pathname.lastIndexOf(`${BASE}/`);
  return `${at < 0 ? pathname : pathname.slice(at + BASE.length)}${search}`;
}

/** The template with its parameters in their order, escaped. An empty one, or `..`, would name another resource. */
export function pathOf(template: string, ...parameters: string[]): string {
  const values = parameters.values();
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values.next().value;
    if (!value) throw new TypeError(`${name} must not be empty`);
    if (value === "." || value === "..") throw new TypeError(`${name} must not be ${value}`);
    return encodeURIComponent(value);
  });
}

/** Parameters of an operation that takes some in its query and the rest in its body. */
export function parted(params: object, inQuery: readonly string[]): { query: object; body: object } {
  const entries = Object.entries(params);
  return {
    query: Object.fromEntries(entries.filter(([name]) => inQuery.includes(name))),
    body: Object.fromEntries(entries.filter(([name]) => !inQuery.includes(name))),
  };
}

/** Query parameters as text: lists with commas, moments in ISO 8601; null and undefined are left out. */
export function queryOf(query: object | undefined): string {
  const texts = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined || value === null) continue;
    texts.set(name, Array.isArray(value) ? value.join(",") : value instanceof Date ? value.toISOString() : String(value));
  }
  const text = texts.toString();
  return text ? `?${text}` : "";
}

/** The headers, the same for every attempt: the idempotency key too. */
export function headersOf(call: Call, options: Options, apiKey: string): Record<string, string> {
  const named: Record<string, string | null | undefined> = {
    Authorization: `Bearer ${options.apiKey ?? apiKey}`,
    Accept: "application/json",
    "User-Agent": IN_NODE ? USER_AGENT : undefined,
    "Idempotency-Key": WRITES.has(call.method) ? (options.idempotencyKey ?? newKey()) : undefined,
    "Content-Type": call.body === undefined ? undefined : "application/json",
    "X-Workspace-ID": options.workspace,
    "X-Namespace-ID": options.namespace,
    "If-Match": options.ifMatch,
    "If-None-Match": options.ifNoneMatch,
  };
  const spelt = new Map(Object.keys(named).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(options.headers ?? {})) named[spelt.get(name.toLowerCase()) ?? name] = value;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(named)) {
    if (value === undefined || value === null) continue;
    // Said here, as the platform's own error would tell the value, which may be a key.
    if (!/^[\x20-\x7e]*$/.test(value)) {
      throw new TypeError(`the value of ${name} has a line break or another character that no header may have`);
    }
    headers[name] = value;
  }
  return headers;
}

/** The client's own options, for what a call leaves open. */
export function over(options: Options, client: ClientOptions): Options {
  return {
    ...options,
    workspace: options.workspace ?? client.workspace,
    namespace: options.namespace ?? client.namespace,
    timeout: options.timeout ?? client.timeout ?? 30_000,
    maxRetries: options.maxRetries ?? client.maxRetries ?? 2,
  };
}

/** 128 random bits: `crypto.randomUUID` is missing on pages that are not served by HTTPS, and in Node 18. */
function newKey(): string {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) globalThis.crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = Math.floor(Math.random() * 256)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
