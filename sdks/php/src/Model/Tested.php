<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What came of a test delivery. */
final class Tested extends \Atrium\SDK\Model
{
    public readonly ?int $response_time_ms;
    public readonly ?int $status_code;
    public readonly ?bool $success;
    public readonly ?string $error;

    protected function fill(array $data): void
    {
        $this->response_time_ms = $data['response_time_ms'] ?? null;
        $this->status_code = $data['status_code'] ?? null;
        $this->success = $data['success'] ?? null;
        $this->error = $data['error'] ?? null;
    }
}
