<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What was sent; secrets are masked, and the body is null once its event is kept no longer. */
final class Request extends \Atrium\SDK\Model
{
    public readonly ?string $body;
    public readonly ?array $headers;

    protected function fill(array $data): void
    {
        $this->body = $data['body'] ?? null;
        $this->headers = $data['headers'] ?? null;
    }
}
