/** Items of one page, and so of one read. */
export const PAGE_SIZE = 200
/**
 * A page is shared for so long: many clients that come back together need the same one. Short, because retention and
 * delivery states may change what is stored.
 */
const FRESH_MS = 1_000
/** Pages kept at most; the oldest is dropped first. Bounds memory to about 16 × 200 messages of 10 KB. */
const PAGES_MAX = 16

interface Page<Item> {
  log: string
  after: number
  until: number
  items: Promise<readonly Item[]>
  read_at: number
}

interface Numbered {
  /** Place in its log: contiguous, unless retention removed a part. */
  number: number
}

/**
 * Pages of append-only logs, each read once for all readers that need it at about the same time. Without it a restart of
 * the server costs a query for every client that resumes.
 */
export class SharedPages<Item extends Numbered> {
  readonly #read: (log: string, after: number, until: number, limit: number) => Promise<readonly Item[]>
  #pages: Page<Item>[] = []
  #cleaning = false

  constructor(read: (log: string, after: number, until: number, limit: number) => Promise<readonly Item[]>) {
    this.#read = read
  }

  /**
   * Items of `log` after `after` and up to `until`, at most a page. The first one is not `after + 1` when retention
   * removed what follows `after`. Fails with the read.
   */
  async after(log: string, after: number, until: number): Promise<readonly Item[]> {
    const page = this.#covering(log, after) ?? this.#start(log, after, until)
    const items = await page.items
    if (page.after === after && (items.at(-1)?.number ?? 0) <= until) return items
    return items.filter(({ number }) => number > after && number <= until)
  }

  #covering(log: string, after: number): Page<Item> | undefined {
    const oldest_read = Date.now() - FRESH_MS
    return this.#pages.find(
      (page) => page.log === log && page.after <= after && page.until > after && page.read_at > oldest_read,
    )
  }

  #start(log: string, after: number, until: number): Page<Item> {
    const page: Page<Item> = {
      log,
      after,
      until: Math.min(until, after + PAGE_SIZE),
      items: this.#read(log, after, until, PAGE_SIZE),
      read_at: Date.now(),
    }
    if (this.#pages.length >= PAGES_MAX) this.#pages.shift()
    this.#pages.push(page)
    page.items.catch(() => this.#drop(page))
    this.#cleanLater()
    return page
  }

  #drop(page: Page<Item>): void {
    this.#pages = this.#pages.filter((other) => other !== page)
  }

  /** An idle org keeps no pages. */
  #cleanLater(): void {
    if (this.#cleaning) return
    this.#cleaning = true
    setTimeout(() => {
      this.#cleaning = false
      const oldest_read = Date.now() - FRESH_MS
      this.#pages = this.#pages.filter((page) => page.read_at > oldest_read)
      if (this.#pages.length > 0) this.#cleanLater()
    }, FRESH_MS)
  }
}
