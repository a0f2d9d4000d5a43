<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Milliseconds, null where there was no such part. */
final class Timings extends \Atrium\SDK\Model
{
    public readonly ?float $connect;
    public readonly ?float $dns;
    public readonly ?float $first_byte;
    public readonly ?float $tls;
    public readonly ?float $total;

    protected function fill(array $data): void
    {
        $this->connect = $data['connect'] ?? null;
        $this->dns = $data['dns'] ?? null;
        $this->first_byte = $data['first_byte'] ?? null;
        $this->tls = $data['tls'] ?? null;
        $this->total = $data['total'] ?? null;
    }
}
