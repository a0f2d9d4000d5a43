<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** An endpoint. */
final class Webhook extends \Atrium\SDK\Model
{
    public readonly ?int $concurrency;
    public readonly ?int $consecutive_failures;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $description;
    public readonly ?string $disabled_reason;
    /** @var null|list<string> */
    public readonly ?array $events;
    public readonly ?int $failure_count;
    public readonly ?array $filters;
    public readonly ?array $headers;
    public readonly ?string $id;
    public readonly ?bool $is_active;
    public readonly ?\DateTimeImmutable $last_delivery_at;
    public readonly ?bool $livemode;
    public readonly ?bool $ordered;
    public readonly ?string $public_key;
    public readonly ?WebhooksRateLimit $rate_limit;
    /** @var null|list<float> */
    public readonly ?array $retry_schedule;
    /** @var null|list<'v1'|'v1a'> */
    public readonly ?array $signatures;
    public readonly ?int $success_count;
    public readonly ?\DateTimeImmutable $updated_at;
    public readonly ?string $url;

    protected function fill(array $data): void
    {
        $this->concurrency = $data['concurrency'] ?? null;
        $this->consecutive_failures = $data['consecutive_failures'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->description = $data['description'] ?? null;
        $this->disabled_reason = $data['disabled_reason'] ?? null;
        $this->events = $data['events'] ?? null;
        $this->failure_count = $data['failure_count'] ?? null;
        $this->filters = $data['filters'] ?? null;
        $this->headers = $data['headers'] ?? null;
        $this->id = $data['id'] ?? null;
        $this->is_active = $data['is_active'] ?? null;
        $this->last_delivery_at = self::moment($data['last_delivery_at'] ?? null);
        $this->livemode = $data['livemode'] ?? null;
        $this->ordered = $data['ordered'] ?? null;
        $this->public_key = $data['public_key'] ?? null;
        $this->rate_limit = self::object(WebhooksRateLimit::class, $data['rate_limit'] ?? null);
        $this->retry_schedule = $data['retry_schedule'] ?? null;
        $this->signatures = $data['signatures'] ?? null;
        $this->success_count = $data['success_count'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
        $this->url = $data['url'] ?? null;
    }
}
