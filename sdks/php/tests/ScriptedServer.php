<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

/** The scriptable server that all SDKs share. */
final class ScriptedServer
{
    public readonly string $base;
    /** @var resource */
    private $process;
    /** @var array<int, resource> */
    private array $pipes = [];

    public function __construct()
    {
        $root = dirname(__DIR__, 3);
        $python = getenv('PYTHON') ?: "$root/.venv/bin/python";
        $command = [$python, '-m', 'sdks.conformance.server'];
        $this->process = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $this->pipes, $root);
        $this->base = trim((string) fgets($this->pipes[1]));
    }

    /** @param list<array<string, mixed>> $answers */
    public function script(array $answers): void
    {
        $context = ['http' => ['method' => 'POST', 'content' => json_encode($answers), 'header' => 'Content-Type: application/json']];
        file_get_contents("{$this->base}/_script", false, stream_context_create($context));
    }

    /** @return list<array<string, mixed>> */
    public function requests(): array
    {
        return json_decode((string) file_get_contents("{$this->base}/_requests"), true);
    }

    public function close(): void
    {
        fclose($this->pipes[0]);
        proc_close($this->process);
    }
}
