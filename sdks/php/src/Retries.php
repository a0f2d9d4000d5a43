<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** When an attempt is repeated, and after how long. A write carries an idempotency key, so that repeating is safe. */
final class Retries
{
    /** Seconds: what is asked for beyond this is told instead of waited for. */
    public const LONGEST_WAIT = 60.0;

    private const RETRIED = [408, 429, 500, 502, 503, 504];
    private const FIRST = 0.5;
    private const MOST = 8.0;

    /** Whether an answer may be different next time. */
    public static function isRetried(int $status, string $code): bool
    {
        if (in_array($code, ['QUOTA_EXCEEDED', 'IDEMPOTENCY_KEY_REUSED'], true)) {
            return false;
        }
        return in_array($status, self::RETRIED, true) || $code === 'IDEMPOTENCY_IN_PROGRESS';
    }

    /**
     * Seconds before the next attempt, after one (from 1) failed: twice as long each time, with jitter; never less
     * than Retry-After says, nor, on a spent hour, than until the Unix second of X-RateLimit-Reset.
     */
    public static function wait(int $attempt, ?Response $response, float $now, ?float $chance = null): float
    {
        $chance ??= random_int(0, 1_000_000) / 1_000_000;
        $backoff = min(self::MOST, self::FIRST * 2 ** ($attempt - 1)) * (0.5 + $chance / 2);
        return max($backoff, $response === null ? 0.0 : self::asked($response, $now));
    }

    /** The seconds that the answer's headers ask for at the Unix second $now; 0 where they ask for none. */
    public static function asked(Response $response, float $now): float
    {
        $after = trim($response->header('retry-after') ?? '');
        if (ctype_digit($after)) {
            return (float) $after;
        }
        if ($after !== '') {
            // A date of HTTP begins with its weekday; strtotime() takes much else, "1.5" and "tomorrow" too.
            $moment = preg_match('/^[A-Z][a-z]{2,8},? /', $after) === 1 ? strtotime($after) : false;
            return $moment === false ? 0.0 : max(0.0, $moment - $now);
        }
        $reset = $response->header('x-ratelimit-reset') ?? '';
        if ($response->header('x-ratelimit-remaining') === '0' && ctype_digit($reset)) {
            return max(0.0, (int) $reset - $now);
        }
        return 0.0;
    }
}
