<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** The buckets in which something was used or released, oldest first, in UTC. */
final class UsageHistory extends \Atrium\SDK\Model
{
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $data;
    public readonly ?UsageSpan $meta;

    protected function fill(array $data): void
    {
        $this->data = self::objects(UsageBucket::class, $data['data'] ?? null);
        $this->meta = self::object(UsageSpan::class, $data['meta'] ?? null);
    }
}
