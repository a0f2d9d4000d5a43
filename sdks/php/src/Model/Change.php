<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A feature's figures before and after; null where it is not included. */
final class Change extends \Atrium\SDK\Model
{
    public readonly ?Figures $after;
    public readonly ?Figures $before;

    protected function fill(array $data): void
    {
        $this->after = self::object(Figures::class, $data['after'] ?? null);
        $this->before = self::object(Figures::class, $data['before'] ?? null);
    }
}
