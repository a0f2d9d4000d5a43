<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** EventTypes: create, delete, get, list, update. */
final class EventTypes
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Describe a type of your own events, and what its data must fit.
     *
     * @param array{schema: array<string, mixed>, type: string, description?: string} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\EventType
    {
        return $this->runner->run(new Request('POST', Request::path('/event-types'), 'one', Model\EventType::class, body: $params, objects: ['schema']), $options);
    }

    /**
     * Take events of a type whatever their data again.
     */
    public function delete(string $eventType, ?Options $options = null): void
    {
        $this->runner->run(new Request('DELETE', Request::path('/event-types/{event_type}', $eventType), 'nothing', null), $options);
    }

    /**
     * Get a type of events.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $eventType, array $params = [], ?Options $options = null): Model\EventType
    {
        return $this->runner->run(new Request('GET', Request::path('/event-types/{event_type}', $eventType), 'one', Model\EventType::class, query: $params), $options);
    }

    /**
     * List the types of events, the platform's and your own.
     *
     * @param array{cursor?: string, fields?: string|list<string>, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string|list<string>, workspace_id?: string} $params
     *
     * @return Page<Model\EventType>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/event-types'), 'list', Model\EventType::class, query: $params), $options);
    }

    /**
     * Change a type of your own.
     *
     * @param array{description?: string, schema?: array<string, mixed>} $params
     */
    public function update(string $eventType, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\EventType
    {
        return $this->runner->run(new Request('PATCH', Request::path('/event-types/{event_type}', $eventType), 'one', Model\EventType::class, body: $params, objects: ['schema']), $options);
    }
}
