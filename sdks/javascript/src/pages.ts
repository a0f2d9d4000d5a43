/** One page of a list; iterating goes on through all that follow. */
export class Page<T> implements AsyncIterable<T> {
  constructor(
    readonly data: readonly T[],
    /** As the API counts: current_page, per_page, total, last_page, from, to, next_cursor. */
    readonly meta: Readonly<Record<string, unknown>>,
    /** first, last, prev, next. */
    readonly links: Readonly<Record<string, string | null>>,
    private readonly follow: (url: string) => Promise<Page<T>>,
  ) {}

  /** The page behind this one, or null. */
  async nextPage(): Promise<Page<T> | null> {
    const url = this.links["next"];
    return url ? this.follow(url) : null;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (let page: Page<T> | null = this; page !== null; page = await page.nextPage()) yield* page.data;
  }
}

/** A list that is on its way: await it for its first page, or iterate over all of its items at once. */
export class PagePromise<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  constructor(private readonly first: Promise<Page<T>>) {}

  then<A = Page<T>, B = never>(
    fulfilled?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.first.then(fulfilled, rejected);
  }

  catch<B = never>(rejected: (reason: unknown) => B | PromiseLike<B>): Promise<Page<T> | B> {
    return this.first.catch(rejected);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    yield* await this.first;
  }
}
