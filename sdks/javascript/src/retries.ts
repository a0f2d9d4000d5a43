const RETRIED = new Set([408, 429, 500, 502, 503, 504]);

/** Seconds: what is asked for beyond this is told instead of waited for. */
export const LONGEST_WAIT = 60;
const FIRST = 0.5;
const MOST = 8;

/** Whether an answer may be different next time. Every write carries an idempotency key: repeating is safe. */
export function isRetried(status: number, code: string): boolean {
  if (code === "QUOTA_EXCEEDED" || code === "IDEMPOTENCY_KEY_REUSED") return false;
  return RETRIED.has(status) || code === "IDEMPOTENCY_IN_PROGRESS";
}

/**
 * Seconds before the next attempt, after `attempt` (from 1) failed: twice as long each time, with jitter; never less
 * than `Retry-After` says, nor, on a spent hour, than until the Unix second of `X-RateLimit-Reset`.
 */
export function wait(attempt: number, headers: Headers | null, now: number, chance: () => number = Math.random): number {
  const backoff = Math.min(MOST, FIRST * 2 ** (attempt - 1)) * (0.5 + chance() / 2);
  return Math.max(backoff, headers === null ? 0 : asked(headers, now));
}

/** The seconds that the headers ask for at `now` (milliseconds); 0 where they ask for none. */
export function asked(headers: Headers, now: number): number {
  const after = (headers.get("retry-after") ?? "").trim();
  if (/^\d+$/.test(after)) return Number(after);
  if (after !== "") {
    const moment = Date.parse(after);
    return Number.isNaN(moment) ? 0 : Math.max(0, (moment - now) / 1000);
  }
  const reset = headers.get("x-ratelimit-reset") ?? "";
  if (headers.get("x-ratelimit-remaining") === "0" && /^\d+$/.test(reset)) {
    return Math.max(0, Number(reset) - now / 1000);
  }
  return 0;
}
