<?php

declare(strict_types=1);

namespace Atrium\SDK;

/**
 * One page of a list; iterating goes on through all that follow.
 *
 * @template T
 * @implements \IteratorAggregate<int, T>
 */
final class Page implements \IteratorAggregate, \Countable
{
    /**
     * @param list<T> $data the items of this page
     * @param array<string, mixed> $meta as the API counts: current_page, per_page, total, last_page, from, to, next_cursor
     * @param array<string, ?string> $links first, last, prev, next
     * @param \Closure(string): Page<T> $follow
     */
    public function __construct(
        public readonly array $data,
        public readonly array $meta,
        public readonly array $links,
        private readonly \Closure $follow,
    ) {
    }

    /** @return ?Page<T> the page behind this one */
    public function nextPage(): ?self
    {
        $url = $this->links['next'] ?? null;
        return $url === null ? null : ($this->follow)($url);
    }

    /** @return \Generator<int, T> every item, of this page and of those behind it */
    public function getIterator(): \Generator
    {
        $number = 0;
        for ($page = $this; $page !== null; $page = $page->nextPage()) {
            foreach ($page->data as $item) {
                yield $number++ => $item;
            }
        }
    }

    /** How many items this page has. */
    public function count(): int
    {
        return count($this->data);
    }
}
