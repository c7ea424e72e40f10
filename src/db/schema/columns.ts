import { sql } from 'drizzle-orm'
import { customType, timestamp, uuid } from 'drizzle-orm/pg-core'

/** UUIDv7, given by the application. */
export const id = (name = 'id') => uuid(name).notNull()
export const orgId = () => uuid('org_id').notNull()
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' })
export const createdAt = () => at('created_at').notNull().default(sql`now()`)
export const updatedAt = () => at('updated_at').notNull().default(sql`now()`)

/** `jsonb` with a type. Not drizzle's own: that one encodes a value, and the driver encodes it again. */
export const json = <T>(name: string) => customType<{ data: T }>({ dataType: () => 'jsonb' })(name)

export const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** One weighted part of a search vector, for words of English and for identifiers and other languages. */
export function searchPart(column: string, weight: 'A' | 'B' | 'C'): string {
  const text = `coalesce(${column}, '')`
  return `setweight(to_tsvector('english', ${text}), '${weight}') || setweight(to_tsvector('simple', ${text}), '${weight}')`
}

/**
 * All words of a message by their stems, in one pass: making both forms is most of what storing a message costs. What
 * `simple` would find is found by its stem.
 */
export function messageWords(column: string): string {
  return `setweight(to_tsvector('words', coalesce(${column}, '')), 'C')`
}

/** The same as {@link searchPart}, with the words between signs found too: in `MC-123` and `v1.2` the database's parser sees other words. */
export function wordsPart(column: string, weight: 'A' | 'B' | 'C'): string {
  const words = `regexp_replace(coalesce(${column}, ''), '[^[:alnum:]]+', ' ', 'g')`
  return `setweight(to_tsvector('english', coalesce(${column}, '')), '${weight}') || setweight(to_tsvector('simple', ${words}), '${weight}')`
}
