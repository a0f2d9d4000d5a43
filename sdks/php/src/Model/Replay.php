<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** A job that makes deliveries due again: `done` of `total` so far. */
final class Replay extends \Atrium\SDK\Model
{
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?int $done;
    public readonly ?string $id;
    public readonly ?bool $livemode;
    public readonly ?string $reason;
    public readonly ?\DateTimeImmutable $since;
    public readonly ?string $status;
    /** @var null|list<string> */
    public readonly ?array $statuses;
    public readonly ?int $total;
    public readonly ?\DateTimeImmutable $until;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $webhook_id;

    protected function fill(array $data): void
    {
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->done = $data['done'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->livemode = $data['livemode'] ?? null;
        $this->reason = $data['reason'] ?? null;
        $this->since = self::moment($data['since'] ?? null);
        $this->status = $data['status'] ?? null;
        $this->statuses = $data['statuses'] ?? null;
        $this->total = $data['total'] ?? null;
        $this->until = self::moment($data['until'] ?? null);
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->webhook_id = $data['webhook_id'] ?? null;
    }
}
