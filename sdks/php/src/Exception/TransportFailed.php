<?php

declare(strict_types=1);

namespace Atrium\SDK\Exception;

/** One attempt got no answer; the client repeats it, or throws ConnectionFailed. */
final class TransportFailed extends AtriumException
{
}
