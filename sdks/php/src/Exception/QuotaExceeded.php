<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** QUOTA_EXCEEDED. */
final class QuotaExceeded extends ApiException
{
}
