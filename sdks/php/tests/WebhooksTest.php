<?php

declare(strict_types=1);

namespace Atrium\SDK\Tests;

use Atrium\SDK\Exception\SignatureInvalid;
use Atrium\SDK\Webhooks;
use PHPUnit\Framework\TestCase;

/** A receiver believes what was signed with its secret, and nothing else. */
final class WebhooksTest extends TestCase
{
    private const BODY = '{"id":"evt_1","type":"workspace.created"}';

    public function secrets(): iterable
    {
        foreach ([self::generated(), "a plain text of the client's", 'whsec_abc123...', 'whsec_' . base64_encode('short')] as $secret) {
            yield [$secret, 'webhook-'];
            yield [$secret, 'X-Webhook-'];
        }
    }

    /** @dataProvider secrets */
    public function testEitherSchemeIsVerified(string $secret, string $scheme): void
    {
        $headers = self::only(Webhooks::sign(self::BODY, $secret), $scheme);
        self::assertSame('evt_1', Webhooks::verify(self::BODY, $headers, $secret)['id']);
        $this->assertRefused(self::BODY, $headers, 'another secret');
        $this->assertRefused(self::BODY . ' ', $headers, $secret);
    }

    public function testWhatIsTooOldOrFromTheFutureIsRefusedUnlessAnyAgeWillDo(): void
    {
        $headers = Webhooks::sign(self::BODY, self::generated(), timestamp: 1_700_000_000);
        foreach ([1_700_000_301, 1_699_999_699] as $now) {
            $this->assertRefused(self::BODY, $headers, self::generated(), now: $now);
            Webhooks::verify(self::BODY, $headers, self::generated(), tolerance: null, now: $now);
        }
    }

    public function testDuringARotationEitherSecretWillDo(): void
    {
        $old = Webhooks::sign(self::BODY, 'the old secret of the client');
        $new = Webhooks::sign(self::BODY, self::generated());
        $both = [...$new, 'webhook-signature' => "{$old['webhook-signature']} {$new['webhook-signature']}"];
        self::assertIsArray(Webhooks::verify(self::BODY, $both, self::generated()));
        self::assertIsArray(Webhooks::verify(self::BODY, $old, [self::generated(), 'the old secret of the client']));
    }

    public function testATimestampThatIsNoneIsRefusedAndNoCrash(): void
    {
        foreach ([str_repeat('9', 400), '²', '١٧٠٠٠٠٠٠٠٠', '-1700000000', '1.5', ''] as $timestamp) {
            $headers = [...Webhooks::sign(self::BODY, self::generated()), 'webhook-timestamp' => $timestamp];
            $this->assertRefused(self::BODY, $headers, self::generated());
        }
    }

    public function noSecrets(): iterable
    {
        return [[''], [[]], [['', 'another']]];
    }

    /** @dataProvider noSecrets */
    public function testASecretThatIsNoneVerifiesNothing(string|array $secret): void
    {
        $this->expectException(\InvalidArgumentException::class);
        Webhooks::verify(self::BODY, Webhooks::sign(self::BODY, ''), $secret);
    }

    public function testASignedBodyThatIsNoObjectIsRefused(): void
    {
        foreach (['no JSON', '[{"id": "evt_1"}]', 'null'] as $body) {
            $this->assertRefused($body, Webhooks::sign($body, self::generated()), self::generated());
        }
        self::assertSame([], Webhooks::verify(' {}', Webhooks::sign(' {}', self::generated()), self::generated()));
    }

    public function testASecretThatIsNearlyBase64IsATextAsEverywhereElse(): void
    {
        foreach (['whsec_' . str_repeat('AAAA ', 8) . 'AAAA', 'whsec_AA==' . str_repeat('AAAA', 8)] as $secret) {
            $headers = Webhooks::sign(self::BODY, $secret, 'evt_1', 1_700_000_000);
            $expected = base64_encode(hash_hmac('sha256', 'evt_1.1700000000.' . self::BODY, $secret, true));
            self::assertSame("v1,$expected", $headers['webhook-signature']);
        }
    }

    public function testNoSignatureIsNoSignature(): void
    {
        foreach ([[], ['X-Webhook-Timestamp' => '1700000000'], ['webhook-signature' => 'v1,']] as $headers) {
            $this->assertRefused(self::BODY, $headers, self::generated(), tolerance: null);
        }
    }

    private function assertRefused(string $body, array $headers, string $secret, mixed ...$options): void
    {
        try {
            Webhooks::verify($body, $headers, $secret, ...$options);
        } catch (SignatureInvalid) {
            $this->addToAssertionCount(1);
            return;
        }
        self::fail('it was believed');
    }

    private static function only(array $headers, string $prefix): array
    {
        return array_filter($headers, fn (string $name): bool => str_starts_with($name, $prefix), ARRAY_FILTER_USE_KEY);
    }

    private static function generated(): string
    {
        return 'whsec_' . base64_encode(str_repeat('k', 32));
    }
}
