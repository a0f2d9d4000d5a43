<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** One attempt. */
final class Attempt extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $at;
    public readonly ?int $attempt;
    public readonly ?float $duration_ms;
    public readonly ?string $error;
    public readonly ?string $error_class;
    public readonly ?string $remote_address;
    public readonly ?Request $request;
    public readonly ?Response $response;
    public readonly ?int $status_code;
    public readonly ?Timings $timings;

    protected function fill(array $data): void
    {
        $this->at = self::moment($data['at'] ?? null);
        $this->attempt = $data['attempt'] ?? null;
        $this->duration_ms = $data['duration_ms'] ?? null;
        $this->error = $data['error'] ?? null;
        $this->error_class = $data['error_class'] ?? null;
        $this->remote_address = $data['remote_address'] ?? null;
        $this->request = self::object(Request::class, $data['request'] ?? null);
        $this->response = self::object(Response::class, $data['response'] ?? null);
        $this->status_code = $data['status_code'] ?? null;
        $this->timings = self::object(Timings::class, $data['timings'] ?? null);
    }
}
