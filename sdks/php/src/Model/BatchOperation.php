<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** One operation: `create` takes data, `update` id and data, `delete` id. */
final class BatchOperation extends \Atrium\SDK\Model
{
    public readonly ?string $action;
    public readonly ?array $data;
    public readonly ?string $id;

    protected function fill(array $data): void
    {
        $this->action = $data['action'] ?? null;
        $this->data = $data['data'] ?? null;
        $this->id = $data['id'] ?? null;
    }
}
