<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** How an attempt reaches the API. */
interface Transport
{
    /**
     * Send one attempt; redirects are not followed.
     *
     * @param array<string, string> $headers
     * @param float $timeout seconds for all of it
     * @throws Exception\TransportFailed no whole answer came
     */
    public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response;
}
