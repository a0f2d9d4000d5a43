<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/**
 * No answer came: refused, broken or timed out, after every retry. A write may or may not have happened; repeat it
 * with the same idempotency key to find out: it has one effect.
 */
final class ConnectionFailed extends AtriumException
{
    public function __construct(string $message, public readonly ?string $idempotencyKey, ?\Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
    }
}
