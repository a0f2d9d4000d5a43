<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

use Atrium\SDK\{Client, CurlTransport, Options, Psr18Transport, Transport};
use Atrium\SDK\Exception\AtriumException;
use PHPUnit\Framework\TestCase;

/** Neither a key nor another resource is told or touched by mistake. */
final class SecretsTest extends TestCase
{
    public function testAKeyThatNoHeaderMayHaveIsToldWithoutTheKey(): void
    {
        try {
            (new Client("sk_live_hidden\r\nX-Other: 1"))->users->me();
            self::fail('it was sent');
        } catch (\InvalidArgumentException $error) {
            self::assertStringContainsString('Authorization', $error->getMessage());
            self::assertStringNotContainsString('hidden', $error->getMessage());
        }
    }

    public function testOptionsAreDumpedWithoutTheirKey(): void
    {
        self::assertStringNotContainsString('hidden', print_r(new Options(apiKey: 'sk_live_hidden'), true));
    }

    public function testWhatIsShownOnceIsDumpedWithoutIt(): void
    {
        $made = new \Atrium\SDK\Model\NewApiKey(['id' => 'key_1', 'key' => 'sk_live_hidden']);
        self::assertSame('sk_live_hidden', $made->key);
        self::assertStringContainsString('key_1', print_r($made, true));
        ob_start();
        var_dump($made);
        self::assertStringNotContainsString('hidden', print_r($made, true) . ob_get_clean());
        self::assertStringContainsString('hidden', (string) json_encode($made));
    }

    public function testAnErrorIsDumpedWithoutWhatWasSent(): void
    {
        $arguments = (string) ini_set('zend.exception_ignore_args', '0');
        $server = new ScriptedServer();
        foreach (self::transports() as $transport) {
            $client = new Client('sk_live_hidden', $server->base, new Options(maxRetries: 0), $transport);
            foreach ([['drop' => true], ['status' => 500], ['status' => 200, 'text' => 'odd']] as $answer) {
                $server->script([$answer]);
                try {
                    $client->webhooks->create(['url' => 'https://example.com', 'events' => ['*'], 'secret' => 'whsec_hidden'], new Options(apiKey: 'sk_live_hidden'));
                    self::fail('it was answered');
                } catch (AtriumException $error) {
                    self::assertStringNotContainsString('hidden', self::dumped($error) . $error);
                }
            }
        }
        $server->close();
        ini_set('zend.exception_ignore_args', $arguments);
    }

    /** What print_r() shows of an error and those behind it, but for the test's own frames. */
    private static function dumped(?\Throwable $error): string
    {
        $text = '';
        for (; $error !== null; $error = $error->getPrevious()) {
            $shown = (array) $error;
            unset($shown["\0Exception\0trace"], $shown["\0Exception\0previous"]);
            $ours = static fn (array $frame): bool => preg_match('/^(?!Atrium.SDK.Tests)(Atrium|GuzzleHttp)/', $frame['class'] ?? '') === 1;
            $text .= print_r([$shown, array_filter($error->getTrace(), $ours)], true);
        }
        return $text;
    }

    /** @return iterable<Transport> */
    private static function transports(): iterable
    {
        yield new CurlTransport();
        if (class_exists(\GuzzleHttp\Client::class)) {
            $factory = new \GuzzleHttp\Psr7\HttpFactory();
            yield new Psr18Transport(new \GuzzleHttp\Client(['http_errors' => false]), $factory, $factory);
        }
    }

    public function testAStepInAPathNamesNoResource(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        (new Client('sk_live_x'))->workspaces->delete('..');
    }
}
