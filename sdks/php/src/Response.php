<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** An answer as it came. */
final class Response
{
    /** @var array<string, string> by name in lower case */
    public readonly array $headers;

    /** @param array<string, string> $headers */
    public function __construct(public readonly int $status, array $headers, public readonly string $body)
    {
        $this->headers = array_change_key_case($headers);
    }

    public function header(string $name): ?string
    {
        return $this->headers[$name] ?? null;
    }

    /** The JSON of the body; null for none, and for what is no JSON. */
    public function json(): mixed
    {
        return $this->body === '' ? null : json_decode($this->body, true);
    }

    /** The code of an error's answer; empty for any other. */
    public function code(): string
    {
        $json = $this->json();
        return is_array($json) && is_array($json['error'] ?? null) ? Exception\ApiException::textIn($json['error'], 'code') ?? '' : '';
    }
}
