<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Why an event did or did not reach a webhook. */
final class WebhooksExplanation extends \Atrium\SDK\Model
{
    /** @var null|list<array<string, mixed>> */
    public readonly ?array $checks;
    public readonly ?DeliveryRef $delivery;
    public readonly ?string $event_id;
    public readonly ?string $event_type;
    public readonly ?bool $matches;
    public readonly ?string $reason;
    public readonly ?string $webhook_id;

    protected function fill(array $data): void
    {
        $this->checks = self::objects(WebhooksCheck::class, $data['checks'] ?? null);
        $this->delivery = self::object(DeliveryRef::class, $data['delivery'] ?? null);
        $this->event_id = $data['event_id'] ?? null;
        $this->event_type = $data['event_type'] ?? null;
        $this->matches = $data['matches'] ?? null;
        $this->reason = $data['reason'] ?? null;
        $this->webhook_id = $data['webhook_id'] ?? null;
    }
}
