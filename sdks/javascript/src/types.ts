/** What an answer said beside its body. */
export interface ResponseInfo {
  readonly status: number;
  readonly headers: Headers;
  /** Name it when you ask for help. */
  readonly requestId: string | null;
  /** The version of a single resource, for `ifMatch`. */
  readonly etag: string | null;
}

/** An object of the API; `lastResponse` is not enumerable, so that the object prints and copies as it came. */
export type Result<T> = T & { readonly lastResponse: ResponseInfo };

/** What a single call may say beyond its parameters. */
export interface Options {
  /** The workspace in context, instead of the key's own. */
  workspace?: string | undefined;
  /** The namespace in context. */
  namespace?: string | undefined;
  /** Another key than the client's. */
  apiKey?: string | undefined;
  /** Instead of one made for you; repeat it to repeat a call that you are not sure of. */
  idempotencyKey?: string | undefined;
  /** The `etag` that the resource must still have. */
  ifMatch?: string | null | undefined;
  /** The `etag` that you know: `NotModified` is thrown where it is still that. */
  ifNoneMatch?: string | null | undefined;
  /** Milliseconds for each attempt. */
  timeout?: number | undefined;
  /** How often a failed attempt is repeated. */
  maxRetries?: number | undefined;
  /** Ends the call. */
  signal?: AbortSignal | undefined;
  /** Further headers, or others than the SDK's own. */
  headers?: Record<string, string> | undefined;
}

/** An attempt, as `onRequest` sees it. */
export interface Attempt {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From 1. */
  readonly number: number;
}

/** What a client is told. */
export interface ClientOptions {
  /** Where the API is, with or without `/api/v1`; else ATRIUM_BASE_URL, else a suite on this machine. */
  baseUrl?: string | undefined;
  workspace?: string | undefined;
  namespace?: string | undefined;
  /** Milliseconds for each attempt; 30,000. */
  timeout?: number | undefined;
  /** How often a failed attempt is repeated; 2. */
  maxRetries?: number | undefined;
  /** Sees every attempt before it is sent. */
  onRequest?: ((attempt: Attempt) => void) | undefined;
  /** Sees every answer. */
  onResponse?: ((response: ResponseInfo, attempt: Attempt) => void) | undefined;
  /** Instead of the platform's own. */
  fetch?: typeof fetch | undefined;
}
