<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Who changed what of a holder's entitlements, and how that was before and is after. */
final class LogEntry extends \Atrium\SDK\Model
{
    public readonly ?string $action;
    public readonly ?string $actor;
    public readonly ?array $after;
    public readonly ?array $before;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $feature;
    public readonly ?string $id;
    public readonly ?string $package;
    public readonly ?string $source;

    protected function fill(array $data): void
    {
        $this->action = $data['action'] ?? null;
        $this->actor = $data['actor'] ?? null;
        $this->after = $data['after'] ?? null;
        $this->before = $data['before'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->feature = $data['feature'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->package = $data['package'] ?? null;
        $this->source = $data['source'] ?? null;
    }
}
