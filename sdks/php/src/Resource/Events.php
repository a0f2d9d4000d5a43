<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Events: create, get, list. */
final class Events
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Publish an event of your own.
     *
     * @param array{data: array<string, mixed>, type: string, idempotency_key?: string|null} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\ClientEvent
    {
        return $this->runner->run(new Request('POST', Request::path('/events'), 'one', Model\ClientEvent::class, body: $params, objects: ['data']), $options);
    }

    /**
     * Get an event, your own or the platform's.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $eventId, array $params = [], ?Options $options = null): Model\ClientEvent
    {
        return $this->runner->run(new Request('GET', Request::path('/events/{event_id}', $eventId), 'one', Model\ClientEvent::class, query: $params), $options);
    }

    /**
     * List the events that the workspace published.
     *
     * @param array{created_after?: \DateTimeInterface|string, created_before?: \DateTimeInterface|string, cursor?: string, fields?: string|list<string>, idempotency_key?: string, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, type?: string, updated_after?: \DateTimeInterface|string, updated_before?: \DateTimeInterface|string, workspace_id?: string} $params
     *
     * @return Page<Model\ClientEvent>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/events'), 'list', Model\ClientEvent::class, query: $params), $options);
    }
}
