<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** EventTypes: get, list. */
final class EventTypes
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Get a type of the platform's events.
     *
     * @param array{fields?: string} $params
     */
    public function get(string $eventType, array $params = [], ?Options $options = null): Model\EventType
    {
        return $this->runner->run(new Request('GET', Request::path('/event-types/{event_type}', $eventType), 'one', Model\EventType::class, query: $params), $options);
    }

    /**
     * List the types of the platform's events.
     *
     * @param array{cursor?: string, fields?: string, namespace_id?: string, page?: int, per_page?: int, search?: string, sort?: string, workspace_id?: string} $params
     *
     * @return Page<Model\EventType>
     */
    public function list(array $params = [], ?Options $options = null): Page
    {
        return $this->runner->run(new Request('GET', Request::path('/event-types'), 'list', Model\EventType::class, query: $params), $options);
    }
}
