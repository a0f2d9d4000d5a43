<?php

// The reference's examples, run against a real suite; run by `make test-sdks`.

declare(strict_types=1);

use Atrium\SDK\{Client, Options, Page};

require __DIR__ . '/bootstrap.php';

$steps = json_decode((string) file_get_contents(__DIR__ . '/../../conformance/reference.json'), true);
$saved = [];
$unique = bin2hex(random_bytes(4));

/** The value with what earlier steps have saved. */
$filled = function (mixed $value) use (&$filled, &$saved, $unique): mixed {
    if (is_string($value)) {
        $value = str_replace('{unique}', $unique, $value);
        return preg_replace_callback('/\{(\w+)\.(\w+)\}/', fn (array $found) => $saved[$found[1]]->{$found[2]}, $value);
    }
    return is_array($value) ? array_map($filled, $value) : $value;
};
$camel = fn (string $name): string => lcfirst(str_replace('_', '', ucwords($name, '_')));

$client = new Client();
foreach ($steps as $step) {
    $call = $filled($step['call']);
    $named = [];
    foreach ($filled($step['options'] ?? []) as $name => $value) {
        $named[$camel($name)] = $value;
    }
    $arguments = [...($call['path'] ?? []), ...(isset($call['arguments']) ? [$call['arguments']] : [])];
    $answer = $client->{$camel($call['resource'])}->{$camel($call['method'])}(...$arguments, options: new Options(...$named));
    if ($answer instanceof Page) {
        $answer = $answer->data[0];
    }
    foreach ($filled($step['expect'] ?? $step['first'] ?? []) as $name => $value) {
        if ($answer->$name != $value) {
            throw new RuntimeException("{$call['resource']}.{$call['method']}: $name is " . json_encode($answer->$name));
        }
    }
    if (isset($step['save'])) {
        $saved[$step['save']] = $answer;
    }
}

echo 'all ', count($steps), " examples work\n";
