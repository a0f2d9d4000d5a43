<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** One test of an event: what the webhook wants, and what the event has. */
final class WebhooksCheck extends \Atrium\SDK\Model
{
    public readonly ?string $check;
    public readonly mixed $found;
    public readonly ?bool $passed;
    public readonly mixed $wanted;

    protected function fill(array $data): void
    {
        $this->check = $data['check'] ?? null;
        $this->found = $data['found'] ?? null;
        $this->passed = $data['passed'] ?? null;
        $this->wanted = $data['wanted'] ?? null;
    }
}
