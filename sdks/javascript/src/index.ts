/**
 * The JavaScript SDK of the Atrium API.
 *
 *     import { Client } from "@atrium/sdk";
 *
 *     const client = new Client("sk_live_…", { baseUrl: "https://api.example.com" });
 *     const workspace = await client.workspaces.create({ name: "My Workspace", tier: "pro" });
 */
export { Client } from "./client.js";
export * as errors from "./errors.js";
export { ApiError, AtriumError, ConnectionFailed } from "./errors.js";
export type * as models from "./generated/models.js";
export type * from "./generated/resources.js";
export { Page, PagePromise } from "./pages.js";
export type { Attempt, ClientOptions, Options, ResponseInfo, Result } from "./types.js";
export { VERSION } from "./version.js";
export * as webhooks from "./webhooks.js";
