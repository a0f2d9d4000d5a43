<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** What was asked for: buckets that begin from `since` on and before `until`. */
final class UsageSpan extends \Atrium\SDK\Model
{
    public readonly ?string $feature;
    public readonly ?\DateTimeImmutable $since;
    public readonly ?\DateTimeImmutable $until;
    public readonly ?string $window;

    protected function fill(array $data): void
    {
        $this->feature = $data['feature'] ?? null;
        $this->since = self::moment($data['since'] ?? null);
        $this->until = self::moment($data['until'] ?? null);
        $this->window = $data['window'] ?? null;
    }
}
