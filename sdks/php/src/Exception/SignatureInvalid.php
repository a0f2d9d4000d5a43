<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** A webhook was not signed with this secret, was altered, or is too old. */
final class SignatureInvalid extends AtriumException
{
}
