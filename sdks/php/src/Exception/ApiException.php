<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

use Atrium\SDK\Response;

/** The API refused or failed; a code that this version knows has a class of its own. */
class ApiException extends AtriumException
{
    /** Like VALIDATION_ERROR. */
    public readonly string $errorCode;
    public readonly int $status;
    /** Name it when you ask for help. */
    public readonly ?string $requestId;
    /** Seconds after which it may be tried again, where the API said so. */
    public readonly ?float $retryAfter;
    /** @var array<string, list<string>> messages by dotted field, for a ValidationError */
    public readonly array $details;

    /** @param array<string, mixed> $members the whole error, further members included */
    final public function __construct(public readonly array $members, public readonly Response $response)
    {
        $this->status = $response->status;
        $this->errorCode = self::textIn($members, 'code') ?? 'UNKNOWN';
        $this->requestId = self::textIn($members, 'request_id') ?? $response->header('x-request-id');
        $this->details = is_array($members['details'] ?? null) ? $members['details'] : [];
        $after = $response->header('retry-after') ?? '';
        $told = $members['retry_after'] ?? null;
        $this->retryAfter = ctype_digit($after) ? (float) $after : (is_int($told) || is_float($told) ? (float) $told : null);
        $message = self::textIn($members, 'message') ?? "HTTP {$response->status}";
        parent::__construct($message . self::listed($this->details) . " ({$this->errorCode}, {$response->status}, request {$this->requestId})");
    }

    /** The exception of an answer; of an unknown code, or of no shape of ours, an ApiException itself. */
    public static function of(Response $response): self
    {
        $json = $response->json();
        $error = is_array($json) && is_array($json['error'] ?? null) ? $json['error'] : [];
        $words = array_map(ucfirst(...), explode('_', strtolower(self::textIn($error, 'code') ?? '')));
        $class = __NAMESPACE__ . '\\' . implode('', $words);
        return is_subclass_of($class, self::class) ? new $class($error, $response) : new self($error, $response);
    }

    /**
     * What is wrong with which field, behind a message that says neither; a proxy may have put anything there.
     *
     * @param array<mixed> $details
     */
    private static function listed(array $details): string
    {
        $fields = [];
        foreach ($details as $name => $messages) {
            $fields[] = "$name: " . implode(' ', array_filter((array) $messages, is_scalar(...)));
        }
        return $fields === [] ? '' : ': ' . implode('; ', $fields);
    }

    /**
     * @internal the text of a member; a proxy may have put anything there
     * @param array<string, mixed> $members
     */
    public static function textIn(array $members, string $name): ?string
    {
        return is_string($members[$name] ?? null) ? $members[$name] : null;
    }
}
