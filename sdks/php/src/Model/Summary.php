<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** All figures of a holder. */
final class Summary extends \Atrium\SDK\Model
{
    public readonly ?array $entitlements;
    public readonly ?string $namespace_id;
    public readonly ?string $tier;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->entitlements = $data['entitlements'] ?? null;
        $this->namespace_id = $data['namespace_id'] ?? null;
        $this->tier = $data['tier'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
