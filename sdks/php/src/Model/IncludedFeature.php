<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A feature by code or id, and its limit: null is no limit; a boolean feature has none. */
final class IncludedFeature extends \Atrium\SDK\Model
{
    public readonly ?string $feature;
    public readonly ?int $limit;

    protected function fill(array $data): void
    {
        $this->feature = $data['feature'] ?? null;
        $this->limit = $data['limit'] ?? null;
    }
}
