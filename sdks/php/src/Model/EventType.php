<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A type of events, the platform's or your own, and the JSON Schema of their data. */
final class EventType extends \Atrium\SDK\Model
{
    public readonly ?string $description;
    public readonly ?array $schema;
    public readonly ?string $type;

    protected function fill(array $data): void
    {
        $this->description = $data['description'] ?? null;
        $this->schema = $data['schema'] ?? null;
        $this->type = $data['type'] ?? null;
    }
}
