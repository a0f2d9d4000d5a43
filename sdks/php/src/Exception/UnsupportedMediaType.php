<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** UNSUPPORTED_MEDIA_TYPE. */
final class UnsupportedMediaType extends ApiException
{
}
