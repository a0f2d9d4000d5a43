<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Deliveries: get, list, retry. */
final class Deliveries
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Get a delivery with its attempts.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $webhookId, string $deliveryId, array $params = [], ?Options $options = null): Model\DeliveryWithHistory
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}/deliveries/{delivery_id}', $webhookId, $deliveryId), 'one', Model\DeliveryWithHistory::class, query: $params), $options);
    }

    /**
     * List deliveries.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, event_id?: string, event_type?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, sort?: string|list<string>, status?: 'pending'|'success'|'retrying'|'failed'|'cancelled', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Delivery>
     */
    public function list(string $webhookId, array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}/deliveries', $webhookId), 'list', Model\Delivery::class, query: $params), $options);
    }

    /**
     * Retry a delivery.
     */
    public function retry(string $webhookId, string $deliveryId, ?Options $options = null): Model\Delivery
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/{webhook_id}/deliveries/{delivery_id}/retry', $webhookId, $deliveryId), 'one', Model\Delivery::class), $options);
    }
}
