<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A feature of a package; `limit` null is no limit, and a boolean feature has none. */
final class PackageFeature extends \Atrium\SDK\Model
{
    public readonly ?string $feature;
    public readonly ?int $limit;

    protected function fill(array $data): void
    {
        $this->feature = $data['feature'] ?? null;
        $this->limit = $data['limit'] ?? null;
    }
}
