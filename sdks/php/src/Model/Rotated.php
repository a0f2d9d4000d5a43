<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A new secret, shown this once, and when the one before ends signing beside it. */
final class Rotated extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $previous_expires_at;
    public readonly ?string $secret;

    protected function fill(array $data): void
    {
        $this->previous_expires_at = self::moment($data['previous_expires_at'] ?? null);
        $this->secret = $data['secret'] ?? null;
    }
}
