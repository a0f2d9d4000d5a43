<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Replays: cancel, create, get, list. */
final class Replays
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Cancel a replay.
     */
    public function cancel(string $webhookId, string $replayId, ?Options $options = null): Model\Replay
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/{webhook_id}/replays/{replay_id}/cancel', $webhookId, $replayId), 'one', Model\Replay::class), $options);
    }

    /**
     * Deliver again what failed or is missing.
     *
     * @param array{since: \DateTimeInterface|string, status?: 'failed'|'cancelled'|'success'|'missing'|'all'|null, until?: \DateTimeInterface|string|null} $params
     */
    public function create(string $webhookId, #[\SensitiveParameter] array $params, ?Options $options = null): Model\Replay
    {
        return $this->runner->run(new Request('POST', Request::path('/webhooks/{webhook_id}/replay', $webhookId), 'one', Model\Replay::class, body: $params), $options);
    }

    /**
     * Get a replay and its progress.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $webhookId, string $replayId, array $params = [], ?Options $options = null): Model\Replay
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}/replays/{replay_id}', $webhookId, $replayId), 'one', Model\Replay::class, query: $params), $options);
    }

    /**
     * List replays.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, sort?: string|list<string>, status?: 'pending'|'running'|'completed'|'cancelled', updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\Replay>
     */
    public function list(string $webhookId, array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/webhooks/{webhook_id}/replays', $webhookId), 'list', Model\Replay::class, query: $params), $options);
    }
}
