<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** INTERNAL_ERROR. */
final class InternalError extends ApiException
{
}
