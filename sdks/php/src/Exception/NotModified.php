<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** The resource still has the etag given as ifNoneMatch. */
final class NotModified extends AtriumException
{
}
