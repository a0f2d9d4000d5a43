<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** A call as a value: what the resources hand to a client. */
final class Request
{
    public const BASE = '/api/v1';
    private const WRITES = ['POST', 'PATCH', 'PUT', 'DELETE'];

    /**
     * @param string $path below /api/v1; one that a link gave has a query of its own
     * @param string $shape one, list, bare or nothing
     * @param ?class-string<Model> $kind of the answer; null for a plain array
     * @param array<string, mixed> $query
     * @param ?array<string, mixed> $body
     * @param list<string> $objects the members of the body that are objects, also where their array is empty
     */
    public function __construct(
        public readonly string $method,
        public readonly string $path,
        public readonly string $shape,
        public readonly ?string $kind,
        public readonly array $query = [],
        public readonly ?array $body = null,
        private readonly array $objects = [],
    ) {
    }

    /** The template with its parameters in their order, escaped. An empty one, or "..", would name another resource. */
    public static function path(string $template, string ...$parameters): string
    {
        return preg_replace_callback('/\{(\w+)\}/', function (array $found) use (&$parameters): string {
            $value = array_shift($parameters) ?? '';
            if ($value === '') {
                throw new \InvalidArgumentException("{$found[1]} must not be empty");
            }
            if ($value === '.' || $value === '..') {
                throw new \InvalidArgumentException("{$found[1]} must not be $value");
            }
            return rawurlencode($value);
        }, $template);
    }

    /** The query as text, with its question mark; lists with commas, moments in ISO 8601, null left out. */
    public function queryText(): string
    {
        $texts = [];
        foreach ($this->query as $name => $value) {
            if ($value !== null) {
                $texts[$name] = match (true) {
                    is_array($value) => implode(',', $value),
                    is_bool($value) => $value ? 'true' : 'false',
                    $value instanceof \DateTimeInterface => self::moment($value),
                    default => (string) $value,
                };
            }
        }
        return $texts === [] ? '' : '?' . http_build_query($texts, '', '&', PHP_QUERY_RFC3986);
    }

    /** The bytes of the body; an empty body is an empty object. */
    public function content(): ?string
    {
        if ($this->body === null) {
            return null;
        }
        $flags = JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;
        $body = self::jsonOf($this->body);
        foreach ($this->objects as $name) {
            if (($body[$name] ?? null) === []) {
                $body[$name] = new \stdClass();
            }
        }
        return json_encode($body === [] ? new \stdClass() : $body, $flags);
    }

    /**
     * The headers, the same for every attempt: the idempotency key too.
     *
     * @return array<string, string>
     */
    public function headers(Options $options, #[\SensitiveParameter] string $apiKey): array
    {
        $writes = in_array($this->method, self::WRITES, true);
        $headers = [
            'Authorization' => 'Bearer ' . ($options->apiKey ?? $apiKey),
            'Accept' => 'application/json',
            'User-Agent' => 'atrium-sdk-php/' . Client::VERSION . ' php/' . PHP_VERSION,
            'Idempotency-Key' => $writes ? $options->idempotencyKey ?? bin2hex(random_bytes(16)) : null,
            'Content-Type' => $this->body === null ? null : 'application/json',
            'X-Workspace-ID' => $options->workspace,
            'X-Namespace-ID' => $options->namespace,
            'If-Match' => $options->ifMatch,
            'If-None-Match' => $options->ifNoneMatch,
        ];
        $spelt = array_combine(array_map(strtolower(...), array_keys($headers)), array_keys($headers));
        foreach ($options->headers as $name => $value) {
            $headers[$spelt[strtolower($name)] ?? $name] = $value;
        }
        $headers = array_filter($headers, static fn (?string $value): bool => $value !== null);
        foreach ($headers as $name => $value) {
            // The value, which may be a key, is not told; a line break in it would make a header of its own.
            if (preg_match('/^[\x20-\x7e]*$/D', $value) !== 1) {
                throw new \InvalidArgumentException("the value of $name has a line break or another character that no header may have");
            }
        }
        return $headers;
    }

    /**
     * The same for a link of the API, of which what stands behind /api/v1 is taken: its host is not followed, where
     * the key would go too, nor what its path has before, which a proxy may hide.
     */
    public function following(string $link): self
    {
        $path = (string) parse_url($link, PHP_URL_PATH);
        $query = parse_url($link, PHP_URL_QUERY);
        $at = strrpos($path, self::BASE . '/');
        $below = '/' . ltrim($at === false ? $path : substr($path, $at + strlen(self::BASE)), '/');
        return new self($this->method, $query === null ? $below : "$below?$query", $this->shape, $this->kind);
    }

    private static function jsonOf(mixed $value): mixed
    {
        return match (true) {
            $value instanceof \DateTimeInterface => self::moment($value),
            is_array($value) => array_map(self::jsonOf(...), $value),
            default => $value,
        };
    }

    private static function moment(\DateTimeInterface $value): string
    {
        return \DateTimeImmutable::createFromInterface($value)->setTimezone(new \DateTimeZone('UTC'))->format('Y-m-d\TH:i:s.v\Z');
    }
}
