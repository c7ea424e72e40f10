import { parseMarkdown } from '@text/markdown.ts'
import type { Block } from '@text/tree.ts'

/** Entries of the cache of parsed messages: virtual rows are remounted, and parsed again, while the user scrolls. */
const CACHED_MAX = 400
const cache = new Map<string, Block[]>()

/** The tree of a message, parsed once while it is on the screen. */
export function parseMessage(source: string): Block[] {
  const known = cache.get(source)
  if (known) return known
  const blocks = parseMarkdown(source)
  const [oldest] = cache.keys()
  if (cache.size >= CACHED_MAX && oldest !== undefined) cache.delete(oldest)
  cache.set(source, blocks)
  return blocks
}
