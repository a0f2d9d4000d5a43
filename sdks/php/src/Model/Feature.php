<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Something that plans include or limit. */
final class Feature extends \Atrium\SDK\Model
{
    public readonly ?string $category;
    public readonly ?string $code;
    public readonly ?string $name;
    public readonly ?string $reset;
    public readonly ?string $type;
    public readonly ?string $unit;

    protected function fill(array $data): void
    {
        $this->category = $data['category'] ?? null;
        $this->code = $data['code'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->reset = $data['reset'] ?? null;
        $this->type = $data['type'] ?? null;
        $this->unit = $data['unit'] ?? null;
    }
}
