<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

use Atrium\SDK\{Client, CurlTransport, Exception, Model, Options, Page, Psr18Transport, Transport};
use PHPUnit\Framework\TestCase;

/** The SDK does what every SDK must, over cURL and over a PSR-18 client. */
final class ConformanceTest extends TestCase
{
    private static ScriptedServer $server;

    public static function setUpBeforeClass(): void
    {
        self::$server = new ScriptedServer();
    }

    public static function tearDownAfterClass(): void
    {
        self::$server->close();
    }

    public function scenarios(): iterable
    {
        $scenarios = json_decode(file_get_contents(__DIR__ . '/../../conformance/scenarios.json'), true);
        foreach ($scenarios as $scenario) {
            yield "{$scenario['name']} (cURL)" => [$scenario, new CurlTransport()];
            if (class_exists(\GuzzleHttp\Client::class)) {
                $factory = new \GuzzleHttp\Psr7\HttpFactory();
                $client = new \GuzzleHttp\Client(['allow_redirects' => false, 'http_errors' => false]);
                yield "{$scenario['name']} (PSR-18)" => [$scenario, new Psr18Transport($client, $factory, $factory)];
            }
        }
    }

    /** @dataProvider scenarios */
    public function testTheClientDoesWhatTheScenarioSays(array $scenario, Transport $transport): void
    {
        self::$server->script($scenario['answers']);
        $client = new Client('sk_test_conformance', self::$server->base . ($scenario['base'] ?? ''), transport: $transport);
        try {
            $outcome = self::call($client, $scenario);
            $outcome = $outcome instanceof Page ? iterator_to_array($outcome) : $outcome;
        } catch (Exception\AtriumException $error) {
            $outcome = $error;
        }
        $requests = self::$server->requests();
        $this->checkRequests($scenario['expect'], $requests);
        $this->checkOutcome($scenario['expect'], $outcome);
    }

    private static function call(Client $client, array $scenario): mixed
    {
        $call = $scenario['call'];
        $named = [];
        foreach ($scenario['options'] ?? [] as $name => $value) {
            $named[self::camel($name)] = $value;
        }
        $arguments = [...($call['path'] ?? []), ...(isset($call['arguments']) ? [$call['arguments']] : [])];
        return $client->{self::camel($call['resource'])}->{self::camel($call['method'])}(...$arguments, options: new Options(...$named));
    }

    private function checkRequests(array $expect, array $requests): void
    {
        self::assertCount(count($expect['requests'] ?? []) ?: $expect['attempts'], $requests);
        foreach ($expect['requests'] ?? [] as $index => $want) {
            $request = $requests[$index];
            self::assertSame([$want['method'], $want['path']], [$request['method'], $request['path']]);
            self::assertEquals($want['query'] ?? [], $request['query']);
            self::assertEquals($want['body'] ?? null, $request['body']);
            foreach ($want['headers'] ?? [] as $name => $value) {
                self::assertSame($value, $request['headers'][$name]);
            }
        }
        foreach ($requests as $request) {
            self::assertStringStartsWith('atrium-sdk-php/', $request['headers']['user-agent']);
            self::assertSame($request['method'] !== 'GET', isset($request['headers']['idempotency-key']));
        }
        if ($expect['same_idempotency_key'] ?? false) {
            self::assertCount(1, array_unique(array_map(fn (array $each): string => $each['headers']['idempotency-key'], $requests)));
        }
        $elapsed = end($requests)['at'] - reset($requests)['at'];
        self::assertGreaterThanOrEqual($expect['least_seconds'] ?? 0, $elapsed);
        self::assertLessThanOrEqual($expect['most_seconds'] ?? 60, $elapsed);
    }

    private function checkOutcome(array $expect, mixed $outcome): void
    {
        if (isset($expect['error'])) {
            self::assertInstanceOf(Exception\ApiException::class, $outcome);
            $known = str_replace('_', '', ucwords(strtolower($expect['error']['code']), '_'));
            // The API's own codes are in capitals; any other is a proxy's.
            $own = $known !== 'Unknown' && ctype_upper($expect['error']['code'][0]);
            self::assertStringEndsWith($own ? "\\$known" : 'ApiException', $outcome::class);
            $found = ['code' => $outcome->errorCode, 'status' => $outcome->status, 'request_id' => $outcome->requestId, 'details' => $outcome->details];
            self::assertEquals($expect['error'], array_intersect_key($found, $expect['error']));
            self::assertStringContainsString($expect['says'] ?? '', $outcome->getMessage());
        } elseif ($expect['connection_failed'] ?? false) {
            self::assertInstanceOf(Exception\ConnectionFailed::class, $outcome);
        } elseif (isset($expect['items'])) {
            self::assertSame($expect['items'], array_map(fn (Model $item): string => $item->id, $outcome));
        } elseif ($expect['result'] === null) {
            self::assertNull($outcome);
        } else {
            self::assertInstanceOf(Model::class, $outcome);
            foreach ($expect['result'] as $name => $value) {
                self::assertEquals($value, $outcome->$name);
            }
            self::assertSame($expect['etag'] ?? null, $outcome->etag);
        }
    }

    private static function camel(string $name): string
    {
        return lcfirst(str_replace('_', '', ucwords($name, '_')));
    }
}
