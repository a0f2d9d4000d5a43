<?php

// A tenant's story against a real suite behind a scriptable server; run by `make test-sdks`.

declare(strict_types=1);

use Atrium\SDK\{Client, Options};

require __DIR__ . '/bootstrap.php';

function check(bool $holds, string $what): void
{
    $holds || throw new RuntimeException("does not hold: $what");
}

function until(callable $holds, string $what): void
{
    for ($deadline = microtime(true) + 30; !$holds(); usleep(50_000)) {
        check(microtime(true) < $deadline, "in time: $what");
    }
}

function script(array ...$answers): void
{
    $post = ['http' => ['method' => 'POST', 'content' => json_encode($answers)]];
    file_get_contents(getenv('ATRIUM_BASE_URL') . '/_script', false, stream_context_create($post));
}

function free_port(): int
{
    $probe = stream_socket_server('tcp://127.0.0.1:0');
    $port = (int) substr((string) strrchr(stream_socket_get_name($probe, false), ':'), 1);
    fclose($probe);
    return $port;
}

$folder = sys_get_temp_dir() . '/atrium-story-' . bin2hex(random_bytes(6));
mkdir($folder, 0700);
$port = free_port();
$quiet = ['file', '/dev/null', 'w'];
$receiver = proc_open([PHP_BINARY, '-S', "127.0.0.1:$port", __DIR__ . '/receiver.php'], [1 => $quiet, 2 => $quiet], $pipes,
    null, [...getenv(), 'STORY_FOLDER' => $folder]);

try {
    $operator = new Client();
    $workspace = $operator->workspaces->create(['name' => 'Story in PHP', 'tier' => 'pro']);
    $key = $operator->apiKeys->create(['name' => 'all', 'scopes' => ['*']], new Options(workspace: $workspace->id));

    $client = new Client($key->key);
    $hook = $client->webhooks->create(['url' => "http://127.0.0.1:$port/hooks", 'events' => ['namespace.*']]);
    file_put_contents("$folder/secret", $hook->secret);

    script(['forward' => true, 'drop' => true]);
    $first = $client->namespaces->create(['name' => 'First']);
    $wait = ['error' => ['code' => 'RATE_LIMIT_EXCEEDED', 'message' => 'Wait.']];
    script(['status' => 429, 'headers' => ['Retry-After' => '1'], 'body' => $wait]);
    $second = $client->namespaces->create(['name' => 'Second']);
    $names = array_map(fn ($each) => $each->name, iterator_to_array($client->namespaces->list(['per_page' => 1])));
    sort($names);
    check($names === ['First', 'Second'], 'each namespace was made once: ' . implode(', ', $names));

    $used = $client->entitlements->recordUsage(['feature' => 'seats', 'quantity' => 3, 'enforce' => true]);
    check($used->recorded === true && $used->current_usage === 3, 'usage is recorded');

    until(function () use ($folder, $first, $second): bool {
        $lines = is_file("$folder/arrived") ? file("$folder/arrived", FILE_IGNORE_NEW_LINES) : [];
        $seen = array_map(fn (string $line) => json_decode($line, true)['data']['object']['id'], $lines);
        return array_diff([$first->id, $second->id], $seen) === [];
    }, 'both webhooks');
    until(function () use ($client, $hook): bool {
        $statuses = array_map(fn ($each) => $each->status, iterator_to_array($client->deliveries->list($hook->id)));
        return array_unique($statuses) === ['success'];
    }, "the deliveries' success");
    $ids = array_map(fn ($each) => $each->id, iterator_to_array($client->deliveries->list($hook->id, ['per_page' => 1])));
    check(count($ids) === 2 && count(array_unique($ids)) === 2, 'two deliveries');
} finally {
    proc_terminate($receiver);
    array_map(unlink(...), glob("$folder/*"));
    rmdir($folder);
}

echo "the story holds\n";
