<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** Whatever this SDK throws. */
class AtriumException extends \RuntimeException
{
}
