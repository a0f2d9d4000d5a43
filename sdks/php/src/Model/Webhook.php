<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An endpoint. */
final class Webhook extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $description;
    public readonly ?string $disabled_reason;
    /** @var null|list<string> */
    public readonly ?array $events;
    public readonly ?string $id;
    public readonly ?bool $is_active;
    public readonly ?bool $livemode;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $url;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->description = $data['description'] ?? null;
        $this->disabled_reason = $data['disabled_reason'] ?? null;
        $this->events = $data['events'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->is_active = $data['is_active'] ?? null;
        $this->livemode = $data['livemode'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->url = $data['url'] ?? null;
    }
}
