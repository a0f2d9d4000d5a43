<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

use Atrium\SDK\{Client, Options, Response, Retries, Transport};
use PHPUnit\Framework\TestCase;

/** What is sent, to the letter: where PHP knows one kind of array and JSON two. */
final class RequestsTest extends TestCase
{
    public function testAnEmptyArrayIsAnEmptyObjectWhereTheApiTakesAnObject(): void
    {
        self::assertSame(
            '{"headers":{},"retry_schedule":[],"rate_limit":null}',
            self::sent(fn (Client $client) => $client->webhooks->update('wh_1', ['headers' => [], 'retry_schedule' => [], 'rate_limit' => null])),
        );
        self::assertSame('{"settings":{"plan":[]}}', self::sent(fn (Client $client) => $client->workspaces->update('wks_1', ['settings' => ['plan' => []]])));
        self::assertSame('{}', self::sent(fn (Client $client) => $client->workspaces->update('wks_1', [])));
    }

    public function testWhatIsNoMomentAsksForNoWait(): void
    {
        foreach (['1.5' => 0.0, 'tomorrow' => 0.0, '+1 hour' => 0.0, '7' => 7.0, 'Thu, 01 Jan 2026 00:00:09 GMT' => 9.0] as $after => $seconds) {
            self::assertSame($seconds, Retries::asked(new Response(429, ['Retry-After' => (string) $after], ''), 1_767_225_600.0));
        }
    }

    public function testNoLimitIsNoLimit(): void
    {
        $server = new ScriptedServer();
        $server->script([['status' => 200, 'body' => ['data' => ['id' => 'usr_1']], 'delay' => 0.05]]);
        $client = new Client('sk_test_x', $server->base, new Options(timeout: INF, maxRetries: 0));
        self::assertSame('usr_1', $client->users->me()->id);
        $server->close();
    }

    private static function sent(\Closure $call): string
    {
        $transport = new class () implements Transport {
            public string $body = '';

            public function send(string $method, string $url, array $headers, ?string $body, float $timeout): Response
            {
                $this->body = (string) $body;
                return new Response(200, [], '{"data": {"id": "x"}}');
            }
        };
        $call(new Client('sk_test_x', transport: $transport));
        return $transport->body;
    }
}
