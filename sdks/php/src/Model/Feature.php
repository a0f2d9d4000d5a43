<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Model;

/** Something that packages include or limit; `parent` is the code of the pool that its usage counts on as well. */
final class Feature extends \Atrium\SDK\Model
{
    public readonly ?string $category;
    public readonly ?string $code;
    public readonly ?\DateTimeImmutable $created_at;
    public readonly ?string $id;
    public readonly ?string $name;
    public readonly ?string $parent;
    public readonly ?string $reset;
    public readonly ?int $rolling_window_days;
    public readonly ?bool $rolls_over;
    public readonly ?int $scale;
    public readonly ?bool $spill;
    public readonly ?string $type;
    public readonly ?string $unit;
    public readonly ?\DateTimeImmutable $updated_at;

    protected function fill(array $data): void
    {
        $this->category = $data['category'] ?? null;
        $this->code = $data['code'] ?? null;
        $this->created_at = self::moment($data['created_at'] ?? null);
        $this->id = $data['id'] ?? null;
        $this->name = $data['name'] ?? null;
        $this->parent = $data['parent'] ?? null;
        $this->reset = $data['reset'] ?? null;
        $this->rolling_window_days = $data['rolling_window_days'] ?? null;
        $this->rolls_over = $data['rolls_over'] ?? null;
        $this->scale = $data['scale'] ?? null;
        $this->spill = $data['spill'] ?? null;
        $this->type = $data['type'] ?? null;
        $this->unit = $data['unit'] ?? null;
        $this->updated_at = self::moment($data['updated_at'] ?? null);
    }
}
