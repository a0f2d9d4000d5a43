<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Resource;

use Atrium\SDK\{Model, Options, Page, Request, Runner};

/** Reservations: commit, create, get, release. */
final class Reservations
{
    public function __construct(private readonly Runner $runner)
    {
    }

    /**
     * Use what is held.
     *
     * @param array{quantity?: int|null} $params
     */
    public function commit(string $reservationId, #[\SensitiveParameter] array $params = [], ?Options $options = null): Model\Reservation
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/reservations/{reservation_id}/commit', $reservationId), 'one', Model\Reservation::class, body: $params), $options);
    }

    /**
     * Hold a quantity for a time.
     *
     * @param array{feature: string, metadata?: array<string, mixed>|null, quantity?: int, ttl_seconds?: int} $params
     */
    public function create(#[\SensitiveParameter] array $params, ?Options $options = null): Model\Reservation
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/reservations'), 'one', Model\Reservation::class, body: $params, objects: ['metadata']), $options);
    }

    /**
     * Get a reservation.
     *
     * @param array{fields?: string|list<string>} $params
     */
    public function get(string $reservationId, array $params = [], ?Options $options = null): Model\ReservationState
    {
        return $this->runner->run(new Request('GET', Request::path('/entitlements/reservations/{reservation_id}', $reservationId), 'one', Model\ReservationState::class, query: $params), $options);
    }

    /**
     * Give up what is held.
     */
    public function release(string $reservationId, ?Options $options = null): Model\Reservation
    {
        return $this->runner->run(new Request('POST', Request::path('/entitlements/reservations/{reservation_id}/release', $reservationId), 'one', Model\Reservation::class), $options);
    }
}
