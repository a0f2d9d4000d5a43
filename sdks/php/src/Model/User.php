<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A person. */
final class User extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $email;
    public readonly ?\DateTimeImmutable $email_verified_at;
    public readonly ?string $id;
    public readonly ?string $name;
    public readonly ?string $tier;
    public readonly ?\DateTimeImmutable $updated_at;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->email = $data['email'] ?? null;
        $this->email_verified_at = self::moment($data['email_verified_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->tier = $data['tier'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
    }
}
