<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** NOT_ACCEPTABLE. */
final class NotAcceptable extends ApiException
{
}
