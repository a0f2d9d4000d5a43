<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** An object that the API answered with: typed, tolerant of what is missing or new. */
abstract class Model implements \JsonSerializable
{
    /** The version, for Options(ifMatch: …); set on single resources. */
    public readonly ?string $etag;
    public readonly ?string $requestId;

    /** @param array<string, mixed> $raw the JSON as it came; members that this version does not know are in it */
    final public function __construct(public readonly array $raw, ?Response $response = null)
    {
        $this->etag = $response?->header('etag');
        $this->requestId = $response?->header('x-request-id');
        $this->fill($raw);
    }

    /**
     * What var_dump and print_r show: everything but secrets, which are in `raw` too.
     *
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        $shown = get_object_vars($this);
        unset($shown['raw']);
        foreach (['key', 'secret', 'token'] as $name) {
            if (is_string($shown[$name] ?? null)) {
                $shown[$name] = '***';
            }
        }
        return $shown;
    }

    /** @return array<string, mixed> */
    public function jsonSerialize(): array
    {
        return $this->raw;
    }

    /** @param array<string, mixed> $data */
    abstract protected function fill(array $data): void;

    /** The moment in a text; null for one in a notation that only a later version knows: `raw` has it. */
    protected static function moment(?string $text): ?\DateTimeImmutable
    {
        try {
            return $text === null ? null : new \DateTimeImmutable($text);
        } catch (\Exception) {
            return null;
        }
    }

    /**
     * @template T of Model
     * @param class-string<T> $kind
     * @return ?T
     */
    protected static function object(string $kind, mixed $value): ?self
    {
        return is_array($value) ? new $kind($value) : null;
    }

    /**
     * @template T of Model
     * @param class-string<T> $kind
     * @return ?list<T>
     */
    protected static function objects(string $kind, mixed $values): ?array
    {
        return is_array($values) ? array_map(static fn (array $each): self => new $kind($each), $values) : null;
    }
}
