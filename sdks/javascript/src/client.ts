import { AtriumError, ConnectionFailed, errorOf, NotModified } from "./errors.js";
import { Resources } from "./generated/resources.js";
import { Page, PagePromise } from "./pages.js";
import { BASE, baseOf, headersOf, over, pathBehind, queryOf, type Call, type Runner } from "./request.js";
import { isRetried, LONGEST_WAIT, wait } from "./retries.js";
import type { Attempt, ClientOptions, Options, ResponseInfo, Result } from "./types.js";

interface Answer {
  readonly info: ResponseInfo;
  readonly body: any;
}

/** The API. It keeps connections as the platform's `fetch` does. */
export class Client extends Resources {
  /** Throws a `TypeError` where no key is given, here or as ATRIUM_API_KEY. */
  constructor(apiKey?: string, options: ClientOptions = {}) {
    const environment = typeof process === "undefined" ? {} : process.env;
    const key = apiKey || environment["ATRIUM_API_KEY"];
    if (!key) throw new TypeError("give an API key: new Client('sk_live_…'), or set ATRIUM_API_KEY");
    const base = options.baseUrl ?? environment["ATRIUM_BASE_URL"] ?? "http://127.0.0.1:8080";
    super(new Calls(key, baseOf(base), options));
  }
}

class Calls implements Runner {
  // Neither printed nor serialised with the client.
  readonly #key: string;

  constructor(key: string, private readonly base: string, private readonly client: ClientOptions) {
    this.#key = key;
  }

  async run<T>(call: Call, options: Options): Promise<T extends object ? Result<T> : T> {
    const { info, body } = await this.answered(call, options);
    if (call.shape === "nothing" || body === null) return undefined as never;
    const value = call.shape === "one" && "data" in body ? body.data : body;
    return Object.defineProperty(value, "lastResponse", { value: info, enumerable: false });
  }

  page<T>(call: Call, options: Options): PagePromise<T> {
    return new PagePromise(this.firstPage(call, options));
  }

  private async firstPage<T>(call: Call, options: Options): Promise<Page<T>> {
    const { body } = await this.answered(call, options);
    const follow = (url: string) => this.firstPage<T>({ ...call, path: pathBehind(url), query: {} }, options);
    return new Page<T>(body.data, body.meta ?? {}, body.links ?? {}, follow);
  }

  private async answered(call: Call, options: Options): Promise<Answer> {
    const chosen = over(options, this.client);
    const headers = headersOf(call, chosen, this.#key);
    const url = `${this.base}${BASE}${call.path}${queryOf(call.query)}`;
    const content = call.body === undefined ? null : JSON.stringify(call.body);
    for (let number = 1; ; number += 1) {
      const attempt: Attempt = { method: call.method, url, headers, number };
      this.client.onRequest?.(attempt);
      let answer: Answer | null = null;
      let fault: unknown;
      try {
        answer = await this.sent(attempt, content, chosen);
      } catch (error) {
        if (chosen.signal?.aborted) throw error;
        fault = error;
      }
      if (answer !== null) this.client.onResponse?.(answer.info, attempt);
      const pause = this.pauseAfter(number, answer, chosen);
      if (pause === null) return checked(call.shape, answer, fault, headers["Idempotency-Key"]);
      await sleep(pause, chosen.signal);
    }
  }

  private async sent(attempt: Attempt, content: string | null, options: Options): Promise<Answer> {
    const end = new AbortController();
    const stop = () => end.abort(options.signal?.reason);
    if (options.signal?.aborted) stop();
    options.signal?.addEventListener("abort", stop, { once: true });
    const limit = options.timeout ?? 30_000;
    // Beyond that a timer would fire at once; Infinity is no limit.
    const timer = limit > LONGEST_TIMER ? undefined : setTimeout(() => end.abort(new Error(`none within ${limit} ms`)), limit);
    const send = this.client.fetch ?? globalThis.fetch;
    const { method, url, headers } = attempt;
    let response: Response;
    let text: string;
    try {
      response = await send(url, { method, headers, body: content, signal: end.signal, redirect: "manual" });
      text = await response.text();
    } finally {
      // A caller's signal may live for long: nothing of this attempt stays with it.
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", stop);
    }
    const requestId = response.headers.get("x-request-id");
    const info = { status: response.status, headers: response.headers, requestId, etag: response.headers.get("etag") };
    const body = parsed(text);
    hide(body);
    hide(body?.data);
    // A batch's results, each with what it made.
    if (Array.isArray(body?.data)) for (const each of body.data) hide(each?.data);
    return { info, body };
  }

  /** Seconds until the next attempt, or null where there is none. */
  private pauseAfter(number: number, answer: Answer | null, options: Options): number | null {
    if (answer !== null && !isRetried(answer.info.status, String(answer.body?.error?.code ?? ""))) return null;
    if (number > (options.maxRetries ?? 0)) return null;
    const pause = wait(number, answer?.info.headers ?? null, Date.now());
    return pause <= LONGEST_WAIT ? pause : null;
  }
}

function checked(shape: Call["shape"], answer: Answer | null, fault: unknown, key: string | undefined): Answer {
  if (answer === null) {
    throw new ConnectionFailed(`no answer: ${fault instanceof Error ? fault.message : fault}`, key, { cause: fault });
  }
  const { info, body } = answer;
  const fail = (error: unknown) => errorOf(info.status, error, info.headers);
  if (info.status === 304) throw new NotModified("the resource has not changed");
  // A redirect is 0 in browsers, and does not say where to.
  if (info.status === 0 || (info.status >= 300 && info.status < 400)) {
    const message = `redirected to ${info.headers.get("location")}, where the key is not taken: is the base URL right?`;
    throw fail({ error: { code: "UNKNOWN", message } });
  }
  if (body === UNREADABLE) throw fail({ error: { code: "UNKNOWN", message: "the answer is no JSON" } });
  if (info.status < 200 || info.status >= 300) throw fail(body);
  if (!hasShape(shape, body)) {
    throw fail({ error: { code: "UNKNOWN", message: "the answer is not what this call is answered with" } });
  }
  return answer;
}

/** Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Whether a success is one of ours: something between may have answered instead. */
function hasShape(shape: Call["shape"], body: any): boolean {
  if (shape === "nothing") return true;
  if (typeof body !== "object" || body === null) return false;
  if (shape === "bare") return true;
  return shape === "list" ? Array.isArray(body.data) : body.data !== undefined && body.data !== null;
}

const UNREADABLE = Symbol("no JSON");

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** Shows the object without its secret where Node.js prints it; its value, spread and JSON stay what they are. */
function hide(made: any): void {
  if (typeof made !== "object" || made === null) return;
  const name = ["key", "secret", "token"].find((each) => typeof made[each] === "string");
  if (name === undefined) return;
  const shown = (_: number, options: object, inspect: (value: unknown, options: object) => string) =>
    inspect({ ...made, [name]: "***" }, options);
  Object.defineProperty(made, INSPECT, { value: shown, enumerable: false });
}

function parsed(text: string): any {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new AtriumError("ended by its signal"));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, seconds * 1000);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
