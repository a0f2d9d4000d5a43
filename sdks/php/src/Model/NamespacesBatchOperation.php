<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** `create` takes data, `update` id and data, `delete` id; each needs its own scope. */
final class NamespacesBatchOperation extends \Atrium\SDK\Model
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
