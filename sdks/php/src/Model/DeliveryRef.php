<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The delivery that came of an event. */
final class DeliveryRef extends \Atrium\SDK\Model
{
    public readonly ?string $id;
    public readonly ?string $status;

    protected function fill(array $data): void
    {
        $this->id = $data['id'] ?? null;
        $this->status = $data['status'] ?? null;
    }
}
