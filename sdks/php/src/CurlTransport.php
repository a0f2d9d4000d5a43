<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** cURL; one handle, so that connections are used again. */
final class CurlTransport implements Transport
{
    /** Seconds: cURL counts milliseconds in 31 bits. */
    private const LONGEST = 2_147_483.0;

    private ?\CurlHandle $handle = null;

    public function send(string $method, string $url, #[\SensitiveParameter] array $headers, #[\SensitiveParameter] ?string $body, float $timeout): Response
    {
        $this->handle ??= curl_init();
        curl_reset($this->handle);
        $received = [];
        curl_setopt_array($this->handle, [
            CURLOPT_URL => $url,
            CURLOPT_CUSTOMREQUEST => $method,
            CURLOPT_HTTPHEADER => [...array_map(static fn (string $name, string $value): string => "$name: $value",
                array_keys($headers), $headers), 'Expect:'],
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PATH_AS_IS => true,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            // 0 is no limit to cURL, and as an integer INF is 0.
            CURLOPT_TIMEOUT_MS => $timeout < self::LONGEST ? max(1, (int) ($timeout * 1000)) : 0,
            CURLOPT_HEADERFUNCTION => static function (\CurlHandle $_, string $line) use (&$received): int {
                if (str_starts_with($line, 'HTTP/')) {
                    // A status line begins anew (behind 100 Continue).
                    $received = [];
                } elseif (str_contains($line, ':')) {
                    [$name, $value] = explode(':', $line, 2);
                    $received[trim($name)] = trim($value);
                }
                return strlen($line);
            },
        ]);
        if ($body !== null) {
            curl_setopt($this->handle, CURLOPT_POSTFIELDS, $body);
        }
        $answer = curl_exec($this->handle);
        if (!is_string($answer)) {
            throw new Exception\TransportFailed(curl_error($this->handle));
        }
        return new Response(curl_getinfo($this->handle, CURLINFO_RESPONSE_CODE), $received, $answer);
    }
}
