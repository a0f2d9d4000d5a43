<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What was answered: its body up to 4 KiB, and as many of its headers as fit into 4 KiB. */
final class Response extends \Atrium\SDK\Model
{
    public readonly ?string $body;
    public readonly ?array $headers;
    public readonly ?bool $truncated;

    protected function fill(array $data): void
    {
        $this->body = $data['body'] ?? null;
        $this->headers = $data['headers'] ?? null;
        $this->truncated = $data['truncated'] ?? null;
    }
}
