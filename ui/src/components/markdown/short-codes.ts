import { shallowRef } from 'vue'

/** A short code that stands for itself, e.g. `:tada:`; not a part of a time, a path or a word. */
const CODE = /(?<![\p{L}\p{N}:]):([a-z0-9_+-]{1,40}):(?![\p{L}\p{N}:])/gu

const codes = shallowRef<ReadonlyMap<string, string>>()
let requested = false

/**
 * Shows emoji for their short codes. The table is a chunk of its own that the first code loads; until then codes stay as
 * written. A render that calls this is repeated once the table is there.
 */
export function withEmoji(text: string): string {
  // Most texts have none.
  if (!text.includes(':') || text.search(CODE) === -1) return text
  const known = codes.value
  if (!known) {
    if (!requested) void load()
    return text
  }
  return text.replace(CODE, (written, code: string) => known.get(code) ?? written)
}

async function load(): Promise<void> {
  requested = true
  try {
    const { default: table } = await import('markdown-it-emoji/lib/data/full.mjs')
    codes.value = new Map(Object.entries(table))
  } catch {
    // Without a connection codes stay as written; the next one tries again.
    requested = false
  }
}
