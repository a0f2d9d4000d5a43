<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A feature of the package and its limit as the holder has it; null is no limit. */
final class GrantedFeature extends \Atrium\SDK\Model
{
    public readonly ?string $feature;
    public readonly ?int $limit;

    protected function fill(array $data): void
    {
        $this->feature = $data['feature'] ?? null;
        $this->limit = $data['limit'] ?? null;
    }
}
