<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What a package would change. */
final class Previewed extends \Atrium\SDK\Model
{
    public readonly ?array $after;
    public readonly ?array $before;
    public readonly ?array $changes;
    /** @var null|list<string> */
    public readonly ?array $events;
    public readonly ?string $namespace_id;
    public readonly ?string $package;
    public readonly ?string $workspace_id;

    protected function fill(array $data): void
    {
        $this->after = $data['after'] ?? null;
        $this->before = $data['before'] ?? null;
        $this->changes = $data['changes'] ?? null;
        $this->events = $data['events'] ?? null;
        $this->namespace_id = $data['namespace_id'] ?? null;
        $this->package = $data['package'] ?? null;
        $this->workspace_id = $data['workspace_id'] ?? null;
    }
}
