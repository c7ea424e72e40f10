import type { QueryClient } from '@tanstack/vue-query'
import type { CacheUpdate } from './cache-update.ts'

/** Updates kept for one read. A read with more of them is repeated instead. */
const UPDATES_MAX = 1_000
/** Reads in sequence. The last answer is taken as it is: the updates that follow it reach the cache by themselves. */
const READS_MAX = 4

interface OpenRead {
  /** Undefined: updates of every org concern it. */
  slug: string | undefined
  updates: CacheUpdate[]
}

const open_reads = new WeakMap<QueryClient, Set<OpenRead>>()

/** Records updates of the cache for the reads under way. */
export function noteUpdates(client: QueryClient, slug: string, updates: readonly CacheUpdate[]): void {
  for (const read of open_reads.get(client) ?? [])
    if ((read.slug ?? slug) === slug && read.updates.length <= UPDATES_MAX) read.updates.push(...updates)
}

/**
 * Reads a cached resource. An answer may be older than the updates that the cache took during the request: `apply` repeats
 * each of them on the answer. Updates are idempotent, so one that the answer contains already changes nothing. An update
 * that `outdates` the answer, or too many updates, repeat the read: the cache ignores an invalidation during a first load.
 */
export async function readCurrent<T>(
  client: QueryClient,
  slug: string | undefined,
  read: () => Promise<T>,
  apply: (data: T, update: CacheUpdate) => T,
  outdates: (update: CacheUpdate) => boolean = () => false,
): Promise<T> {
  const reads = open_reads.get(client) ?? new Set<OpenRead>()
  open_reads.set(client, reads)
  for (let attempt = 1; ; attempt++) {
    const current: OpenRead = { slug, updates: [] }
    reads.add(current)
    try {
      const data = await read()
      const { updates } = current
      const usable = updates.length <= UPDATES_MAX && !updates.some(outdates)
      if (usable || attempt === READS_MAX) return updates.reduce(apply, data)
    } finally {
      reads.delete(current)
    }
  }
}
