<?php

declare(strict_types=1);

namespace Atrium\SDK;

/**
 * The API.
 *
 *     $client = new Client('sk_live_…', 'https://api.example.com');
 *     $workspace = $client->workspaces->create(['name' => 'My Workspace', 'tier' => 'pro']);
 */
final class Client extends Resources implements Runner
{
    public const VERSION = '0.1.0';
    private const DEFAULTS = ['timeout' => 30.0, 'maxRetries' => 2];

    private readonly string $apiKey;
    private readonly string $base;
    private readonly Options $defaults;

    /**
     * @param ?string $apiKey else the environment's ATRIUM_API_KEY
     * @param ?string $baseUrl where the API is, with or without /api/v1; else ATRIUM_BASE_URL, else a suite on this machine
     * @param ?Options $options for every call that says nothing else
     * @param ?\Closure(string, string, array<string, string>, int): void $onRequest sees method, URL, headers and number of every attempt
     * @param ?\Closure(Response): void $onResponse sees every answer
     * @throws \InvalidArgumentException no key is given, or the URL is none
     */
    public function __construct(
        #[\SensitiveParameter] ?string $apiKey = null,
        ?string $baseUrl = null,
        ?Options $options = null,
        private readonly Transport $transport = new CurlTransport(),
        private readonly ?\Closure $onRequest = null,
        private readonly ?\Closure $onResponse = null,
    ) {
        $key = $apiKey ?? (getenv('ATRIUM_API_KEY') ?: '');
        if ($key === '') {
            throw new \InvalidArgumentException("give an API key: new Client('sk_live_…'), or set ATRIUM_API_KEY");
        }
        $this->apiKey = $key;
        $this->base = self::base($baseUrl ?? (getenv('ATRIUM_BASE_URL') ?: 'http://127.0.0.1:8080'));
        $this->defaults = ($options ?? new Options())->over(new Options(...self::DEFAULTS));
        parent::__construct($this);
    }

    public function run(#[\SensitiveParameter] Request $request, ?Options $options): mixed
    {
        $response = $this->answered($request, ($options ?? new Options())->over($this->defaults));
        $json = $response->json();
        if (!self::hasShape($request->shape, $json)) {
            $told = 'the answer is not what this call is answered with';
            throw new Exception\ApiException(['code' => 'UNKNOWN', 'message' => $told], $response);
        }
        if ($request->shape === 'nothing' || $json === null) {
            return null;
        }
        if ($request->shape === 'list') {
            $items = array_map(fn (mixed $each): mixed => self::typed($request, $each, null), $json['data']);
            $follow = fn (string $url): Page => $this->run($request->following($url), $options);
            return new Page($items, $json['meta'] ?? [], $json['links'] ?? [], $follow);
        }
        return self::typed($request, $request->shape === 'one' ? $json['data'] ?? $json : $json, $response);
    }

    /** @return array<string, mixed> neither dumped nor logged with the key */
    public function __debugInfo(): array
    {
        return ['base' => $this->base];
    }

    private function answered(#[\SensitiveParameter] Request $request, Options $options): Response
    {
        $headers = $request->headers($options, $this->apiKey);
        $url = $this->base . Request::BASE . $request->path . $request->queryText();
        for ($attempt = 1; ; $attempt++) {
            [$response, $fault] = $this->attempt($request, $url, $headers, $options, $attempt);
            $pause = $this->pauseAfter($attempt, $response, $options);
            if ($pause === null) {
                return self::checked($response, $fault, $headers['Idempotency-Key'] ?? null);
            }
            usleep((int) ($pause * 1_000_000));
        }
    }

    /**
     * @param array<string, string> $headers
     * @return array{?Response, ?Exception\TransportFailed}
     */
    private function attempt(#[\SensitiveParameter] Request $request, string $url, #[\SensitiveParameter] array $headers, Options $options, int $number): array
    {
        if ($this->onRequest !== null) {
            ($this->onRequest)($request->method, $url, $headers, $number);
        }
        try {
            $response = $this->transport->send($request->method, $url, $headers, $request->content(), $options->timeout);
        } catch (Exception\TransportFailed $fault) {
            return [null, $fault];
        }
        if ($this->onResponse !== null) {
            ($this->onResponse)($response);
        }
        return [$response, null];
    }

    /** The URL that /api/v1 stands behind, whether it was given with that or without. */
    private static function base(string $url): string
    {
        if (preg_match('~^https?://[^/]~', $url) !== 1) {
            throw new \InvalidArgumentException("the URL must begin with https:// (or http://) and a host, not be $url");
        }
        return rtrim((string) preg_replace('~(?<=[^/])' . Request::BASE . '$~D', '', rtrim($url, '/')), '/');
    }

    /** Seconds until the next attempt, or null where there is none. */
    private function pauseAfter(int $attempt, ?Response $response, Options $options): ?float
    {
        if ($response !== null && !Retries::isRetried($response->status, $response->code())) {
            return null;
        }
        if ($attempt > $options->maxRetries) {
            return null;
        }
        $pause = Retries::wait($attempt, $response, microtime(true));
        return $pause <= Retries::LONGEST_WAIT ? $pause : null;
    }

    private static function checked(?Response $response, #[\SensitiveParameter] ?\Throwable $fault, ?string $key): Response
    {
        if ($response === null) {
            throw new Exception\ConnectionFailed('no answer: ' . $fault?->getMessage(), $key, $fault);
        }
        if ($response->status === 304) {
            throw new Exception\NotModified('the resource has not changed');
        }
        if ($response->status >= 300 && $response->status < 400) {
            $told = "redirected to {$response->header('location')}, where the key is not taken: is the base URL right?";
            throw new Exception\ApiException(['code' => 'UNKNOWN', 'message' => $told], $response);
        }
        if ($response->body !== '' && $response->json() === null) {
            throw new Exception\ApiException(['code' => 'UNKNOWN', 'message' => 'the answer is no JSON'], $response);
        }
        if ($response->status >= 300 || ($response->body !== '' && !is_array($response->json()))) {
            throw Exception\ApiException::of($response);
        }
        return $response;
    }

    /** Whether a success is one of ours: something between may have answered instead. */
    private static function hasShape(string $shape, mixed $json): bool
    {
        return match ($shape) {
            'nothing' => true,
            'bare' => is_array($json),
            'list' => is_array($json['data'] ?? null) && array_is_list($json['data']),
            default => isset($json['data']),
        };
    }

    private static function typed(Request $request, mixed $value, ?Response $response): mixed
    {
        $kind = $request->kind;
        return $kind !== null && is_array($value) ? new $kind($value, $response) : $value;
    }
}
