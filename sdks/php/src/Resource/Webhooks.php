<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Webhooks: batch, create, delete, get, getExplain, list, rotateSecret, test, update. */
final class Webhooks
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Run several operations (create, update, delete).
     *
     * @param array{operations: list<array<string, mixed>>, atomic?: bool} $params
     */
    public function batch(#[\SensitiveParameter] array $params, ?Options $options = null): mixed
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/batch'), 'one', null, body: $params), $options);
    }

    /**
     * Create a webhook.
     *
     * @param array{events: list<string>, url: string, concurrency?: int, description?: string|null, filters?: array<string, mixed>, headers?: array<string, string>, is_active?: bool, ordered?: bool, rate_limit?: array<string, mixed>|null, retry_schedule?: list<float>|null, secret?: string|null, signatures?: list<'v1'|'v1a'>} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\CreatedWebhook
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks'), 'one', Model\CreatedWebhook::class, body: $params, objects: ['filters', 'headers', 'rate_limit']), $options);
    }

    /**
     * Delete a webhook.
     */
    public function delete(string $webhookId, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/webhooks/{webhook_id}', $webhookId), 'nothing', null), $options);
    }

    /**
     * Get a webhook.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $webhookId, array $params = [], ?Options $options = null): Model\Webhook
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}', $webhookId), 'one', Model\Webhook::class, query: $params), $options);
    }

    /**
     * Explain why an event was delivered or not.
     *
     * @param array{event_id: string, fields?: string|list<string>} $params
     */
    public function getExplain(string $webhookId, array $params, ?Options $options = null): Model\WebhooksExplanation
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}/explain', $webhookId), 'one', Model\WebhooksExplanation::class, query: $params), $options);
    }

    /**
     * List webhooks.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, is_active?: bool, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, status?: 'active'|'disabled', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, url?: string, workspace_id?: string} $params
     *
     * @return Page<Model\Webhook>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks'), 'list', Model\Webhook::class, query: $params), $options);
    }

    /**
     * Give a webhook a new secret.
     *
     * @param array{grace_period_hours?: float, secret?: string|null} $params
     */
    public function rotateSecret(string $webhookId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Rotated
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/{webhook_id}/rotate-secret', $webhookId), 'one', Model\Rotated::class, body: $params), $options);
    }

    /**
     * Send a test event.
     */
    public function test(string $webhookId, ?Options $options = null): Model\Tested
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/{webhook_id}/test', $webhookId), 'bare', Model\Tested::class), $options);
    }

    /**
     * Change a webhook.
     *
     * @param array{concurrency?: int, description?: string|null, events?: list<string>, filters?: array<string, mixed>, headers?: array<string, string>, is_active?: bool, ordered?: bool, rate_limit?: array<string, mixed>|null, retry_schedule?: list<float>|null, signatures?: list<'v1'|'v1a'>, url?: string} $params
     */
    public function update(string $webhookId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Webhook
    {
        return $this->runner->run(new Request('PATCH', Request::path('/webhooks/{webhook_id}', $webhookId), 'one', Model\Webhook::class, body: $params, objects: ['filters', 'headers', 'rate_limit']), $options);
    }
}
