import type { SearchCounts, SearchResult } from '../../contracts/search.ts'
import type { SearchType } from '../../contracts/vocabulary.ts'
import type { SearchTerms } from '../../domain/search-terms.ts'
import type { OneReader } from '../client.ts'

/** What a search may find: the caller's access and its filters. */
export interface SearchScope {
  types: readonly SearchType[]
  /** Channels whose messages are searched. */
  channel_ids: readonly string[]
  /** Projects that may be found; null: all of the org. */
  project_ids: readonly string[] | null
  /** Tasks of this project only. */
  project_id: string | null
  /** This task only. */
  task_id: string | null
  include_archived: boolean
  from: string | null
  to: string | null
  /** Retention: older messages are not found. */
  messages_from: string | null
  as_of: string | null
}

export interface SearchRequest {
  q: string
  terms: SearchTerms
  scope: SearchScope
  per_type: number | null
  page: number
  per_page: number
}

/** A match with its whole text. */
export interface Match extends Omit<SearchResult, 'snippet' | 'channel_id' | 'seq'> {
  body: string
  channel_id: string | null
  seq: number | null
}

export interface Matches {
  data: Match[]
  counts: SearchCounts
  as_of: string | null
  /** The query as PostgreSQL reads it, without what is excluded. */
  lexemes: string
}

/** Text: the search runs in functions of a role whose policies let the planner use the text indexes. */
export async function searchPage(
  database: OneReader,
  org_id: string,
  { q, terms, scope, per_type, page, per_page }: SearchRequest,
): Promise<Matches> {
  const [found] = await database.readOne<Matches>(
    org_id,
    (sql, org) => sql<Matches[]>`
      select data, counts, as_of, lexemes
      from search_page(${org}, ${JSON.stringify(terms)}::text::jsonb, ${q}, ${JSON.stringify(scope)}::text::jsonb,
        ${per_type}::int, ${per_page}::int, ${(page - 1) * per_page}::int)`,
  )
  if (!found) throw new Error('unreachable: a search answers one row')
  return found
}

/** A few texts in this scope that have one of the words `near` this one; none when something in scope has the word itself. */
export async function textsNear(
  database: OneReader,
  org_id: string,
  { word, near }: { word: string; near: readonly string[] },
  scope: SearchScope,
): Promise<string[]> {
  const rows = await database.readOne<{ body: string }>(
    org_id,
    (sql, org) => sql<{ body: string }[]>`
      select body from search_spellings(${org}, ${word}, ${[...near]}::text[], ${JSON.stringify(scope)}::text::jsonb)`,
  )
  return rows.map(({ body }) => body)
}
