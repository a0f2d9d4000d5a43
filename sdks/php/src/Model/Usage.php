<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What a workspace uses: its key's hour, its requests by day, its entitlements. */
final class Usage extends \Atrium\SDK\Model
{
    public readonly ?array $entitlements;
    public readonly ?Requests $requests;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->entitlements = $data['entitlements'] ?? null;
        $this->requests = self::object(Requests::class, $data['requests'] ?? null);
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
