<?php

declare(strict_types=1);

namespace Atrium\SDK;

use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;

/** A PSR-18 client of your own, with its PSR-17 factories; time-outs are set on that client. */
final class Psr18Transport implements Transport
{
    public function __construct(
        private readonly ClientInterface $client,
        private readonly RequestFactoryInterface $requests,
        private readonly StreamFactoryInterface $streams,
    ) {
    }

    public function send(string $method, string $url, #[\SensitiveParameter] array $headers, #[\SensitiveParameter] ?string $body, float $timeout): Response
    {
        $request = $this->requests->createRequest($method, $url);
        foreach ($headers as $name => $value) {
            $request = $request->withHeader($name, $value);
        }
        if ($body !== null) {
            $request = $request->withBody($this->streams->createStream($body));
        }
        try {
            $answer = $this->client->sendRequest($request);
            $received = array_map(static fn (array $values): string => implode(', ', $values), $answer->getHeaders());
            return new Response($answer->getStatusCode(), $received, (string) $answer->getBody());
        } catch (ClientExceptionInterface | \RuntimeException $error) {
            // Not with the error itself, which has the request with its key, and shows it where it is dumped.
            throw new Exception\TransportFailed($error::class . ': ' . $error->getMessage());
        }
    }
}
