<?php

declare(strict_types=1);

namespace Atrium\SDK;

use Atrium\SDK\Exception\SignatureInvalid;

/** Webhooks as their receiver sees them: verify what comes, and sign what tests send. */
final class Webhooks
{
    /** Seconds: how old, or how far ahead, a webhook may be. */
    public const TOLERANCE = 300;

    /**
     * The event in a webhook's body, once its signature holds. Either scheme will do: webhook-signature (Standard
     * Webhooks) is checked where it is sent, else X-Webhook-Signature.
     *
     * @param string $body as it came: file_get_contents('php://input')
     * @param array<string, string|list<string>> $headers as getallheaders() gives them; case does not matter
     * @param string|list<string> $secret the endpoint's, or several during a rotation
     * @param ?int $tolerance seconds; null for any age
     * @param ?int $now Unix seconds, for tests
     * @return array<string, mixed>
     * @throws SignatureInvalid nobody who knows the secret sent this, or not lately
     * @throws \InvalidArgumentException there is no secret, or an empty one, with which anybody could sign
     */
    public static function verify(
        string $body,
        array $headers,
        #[\SensitiveParameter] string|array $secret,
        ?int $tolerance = self::TOLERANCE,
        ?int $now = null,
    ): array {
        if ($secret === [] || in_array('', (array) $secret, true)) {
            throw new \InvalidArgumentException("the webhook's secret must be a text that is not empty, or several of them");
        }
        $given = array_map(
            static fn (string|array $value): string => is_array($value) ? (string) reset($value) : $value,
            array_change_key_case($headers),
        );
        $timestamp = $given['webhook-timestamp'] ?? $given['x-webhook-timestamp'] ?? '';
        if ($tolerance !== null && !(ctype_digit($timestamp) && abs(($now ?? time()) - (int) $timestamp) <= $tolerance)) {
            throw new SignatureInvalid("the webhook's timestamp is missing, or too far from now");
        }
        $standard = $given['webhook-signature'] ?? null;
        $signatures = $standard === null ? [$given['x-webhook-signature'] ?? ''] : explode(' ', $standard);
        // Every pair is compared, so that the time tells nothing.
        $fits = false;
        foreach ((array) $secret as $each) {
            $expected = $standard === null
                ? self::plain($body, $each)
                : self::standard($body, $each, $given['webhook-id'] ?? '', $timestamp);
            foreach ($signatures as $signature) {
                $fits = hash_equals($expected, $signature) || $fits;
            }
        }
        if (!$fits) {
            throw new SignatureInvalid("the webhook's signature does not fit its body and the secret");
        }
        $event = json_decode($body, true);
        // As an array, an empty object and an empty list are the same.
        if (!is_array($event) || !str_starts_with(ltrim($body), '{')) {
            throw new SignatureInvalid("the webhook's body is no JSON object");
        }
        return $event;
    }

    /**
     * The headers of a signed webhook, both schemes: for tests of receivers.
     *
     * @return array<string, string>
     */
    public static function sign(
        string $body,
        #[\SensitiveParameter] string $secret,
        string $webhookId = 'evt_test',
        ?int $timestamp = null,
    ): array {
        $moment = (string) ($timestamp ?? time());
        return [
            'Content-Type' => 'application/json',
            'X-Webhook-ID' => $webhookId,
            'X-Webhook-Timestamp' => $moment,
            'X-Webhook-Signature' => self::plain($body, $secret),
            'webhook-id' => $webhookId,
            'webhook-timestamp' => $moment,
            'webhook-signature' => self::standard($body, $secret, $webhookId, $moment),
        ];
    }

    private static function plain(string $body, string $secret): string
    {
        return 'sha256=' . hash_hmac('sha256', $body, $secret);
    }

    private static function standard(string $body, string $secret, string $id, string $timestamp): string
    {
        return 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", self::key($secret), true));
    }

    /** The bytes behind whsec_ where they are base64 of 24 to 64 bytes; of any other text the text itself. */
    private static function key(string $secret): string
    {
        // base64_decode() passes over spaces, and over padding in the middle.
        if (preg_match('~^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$~D', $secret, $found) === 1) {
            $key = base64_decode($found[1]);
            if (strlen($key) >= 24 && strlen($key) <= 64) {
                return $key;
            }
        }
        return $secret;
    }
}
