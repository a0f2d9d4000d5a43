<?php

// Made from the OpenAPI document by `make sdks`; edit the generator, not this.

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** HTTP_VERSION_NOT_SUPPORTED. */
final class HttpVersionNotSupported extends ApiException
{
}
