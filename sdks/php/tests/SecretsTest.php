<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

use Atrium\SDK\Client;
use Atrium\SDK\Options;
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

    public function testAStepInAPathNamesNoResource(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        (new Client('sk_live_x'))->workspaces->delete('..');
    }
}
