<?php

declare(strict_types=1);

namespace Atrium\SDK;

/** What runs the calls that the resources make. */
interface Runner
{
    /**
     * @throws Exception\ApiException the API refused or failed
     * @throws Exception\ConnectionFailed no answer came
     * @throws Exception\NotModified the resource is still what `ifNoneMatch` names
     */
    public function run(Request $request, ?Options $options): mixed;
}
