import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { invalid } from '../../contracts/errors.ts'
import { LIMITS } from '../../contracts/limits.ts'
import type { AuthenticatedPrincipal } from '../../contracts/principal.ts'
import { Moment, Text, Uuid } from '../../contracts/schema.ts'
import { SearchAnswer } from '../../contracts/search.ts'
import { SEARCH_TYPES, type SearchType } from '../../contracts/vocabulary.ts'
import {
  type Match,
  type SearchRequest,
  type SearchScope,
  searchPage,
  textsNear,
} from '../../db/queries/search.ts'
import { messagesKeptFrom } from '../../domain/horizon.ts'
import type { Permissions } from '../../domain/permissions.ts'
import { beginning, lexemesOf, snippetOf } from '../../domain/search-snippet.ts'
import { respelled, spellableWords, spellingIn, wordsNear } from '../../domain/search-spelling.ts'
import { parseSearch } from '../../domain/search-terms.ts'

import type { Deps } from '../deps.ts'
import { endpoints } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

const SearchQuery = Type.Object({
  q: Text(LIMITS.search_query_max, {
    min: LIMITS.search_query_min,
    description:
      'Words that all have to be there; `"a phrase"`, `one or another`, `-without`. The last word may be unfinished.',
  }),
  types: Type.Optional(Text(64, { description: 'Of `projects,tasks,messages`; all when left out.' })),
  project_id: Type.Optional(Uuid('This project, its tasks and the messages of its channel.')),
  from: Type.Optional(Moment('Made not before this time.')),
  to: Type.Optional(Moment('Made before this time.')),
  include_archived: Type.Optional(
    Type.Boolean({ description: 'Archived tasks and projects at the end of life too.' }),
  ),
  as_of: Type.Optional(Uuid('`as_of` of the first page: leaves out what was made since.')),
  per_type: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: LIMITS.search_per_type_max,
      description: 'An overview: the best of each type, at most so many of each.',
    }),
  ),
  ...PAGE,
})

/** Search in everything that the caller may read. */
export function searchRoutes(deps: Deps) {
  const at = endpoints(deps)
  return new Elysia({ name: 'search', prefix: '/api/v1/orgs/:org_slug' }).get(
    '/search',
    ...at.org(
      {
        tag: 'Search',
        action: 'search.read',
        query: SearchQuery,
        summary: 'Search projects, tasks and messages',
        description:
          'Titles rank above descriptions, these above messages, and newer messages above older ones. Messages of channels that the caller may read only. Of each type the best 1,000 are found.',
        ok: { status: 200, schema: SearchAnswer },
      },
      async ({ org_id, rights, principal, query }) => {
        const request: SearchRequest = {
          q: query.q,
          terms: parseSearch(query.q),
          scope: scopeOf(query, principal, await rights()),
          per_type: query.per_type ?? null,
          page: query.page,
          per_page: query.per_page,
        }
        const found = await searchPage(deps.database, org_id, request)
        const { types } = request.scope
        const total = types.reduce(
          (sum, type) => sum + Math.min(found.counts[type], query.per_type ?? Number.POSITIVE_INFINITY),
          0,
        )
        const lexemes = lexemesOf(found.lexemes)
        const did_you_mean = total === 0 ? await otherSpelling(deps, org_id, request) : null
        const { page, per_page } = query
        const pagination = { page, per_page, total, total_pages: Math.ceil(total / per_page) }
        const { counts, as_of } = found
        const data = found.data.map((match) => resultOf(match, lexemes))
        return { body: { data, counts, pagination, as_of, did_you_mean } }
      },
    ),
  )
}

type Filters = {
  types?: string
  project_id?: string
  from?: string
  to?: string
  include_archived?: boolean
  as_of?: string
}

/** What the caller may see of what it asks for. */
function scopeOf(query: Filters, principal: AuthenticatedPrincipal, permissions: Permissions): SearchScope {
  const { project_id = null } = query
  const own =
    principal.kind === 'sub_agent' ? (principal.scope ?? { task_id: '', project_ids: [] }) : undefined
  const channels = permissions
    .readableChannels(principal)
    .filter((channel) => project_id === null || channel.project_id === project_id)
  const projects = project_id === null ? (own?.project_ids ?? null) : [project_id]
  return {
    types: typesOf(query.types),
    channel_ids: channels.map(({ id }) => id),
    project_ids: own && projects ? projects.filter((id) => own.project_ids.includes(id)) : projects,
    project_id,
    task_id: own?.task_id ?? null,
    include_archived: query.include_archived ?? false,
    from: query.from === undefined ? null : new Date(query.from).toISOString(),
    to: query.to === undefined ? null : new Date(query.to).toISOString(),
    messages_from: messagesKeptFrom(permissions.settings, Date.now()),
    as_of: query.as_of ?? null,
  }
}

function typesOf(text: string | undefined): readonly SearchType[] {
  if (text === undefined) return SEARCH_TYPES
  const named = text.split(',').map((type) => type.trim())
  const types = SEARCH_TYPES.filter((type) => named.includes(type))
  if (types.length !== new Set(named).size)
    throw invalid({ path: '/types', message: `Must be a list of ${SEARCH_TYPES.join(', ')}.` })
  return types
}

function resultOf({ body, channel_id, seq, ...match }: Match, lexemes: ReturnType<typeof lexemesOf>) {
  const place = channel_id === null || seq === null ? {} : { channel_id, seq }
  const in_title = match.resource_type === 'message' ? undefined : snippetOf(match.title, lexemes)
  return {
    ...match,
    ...place,
    snippet: snippetOf(body, lexemes) ?? in_title ?? beginning(body || match.title),
  }
}

/** The same search with words that differ in one letter, taken from what the caller may read, if it finds something. */
async function otherSpelling(
  { database }: Pick<Deps, 'database'>,
  org_id: string,
  request: SearchRequest,
): Promise<string | null> {
  const { q, terms, scope } = request
  const spellings = new Map<string, string>()
  for (const word of spellableWords(terms.flat())) {
    const texts = await textsNear(database, org_id, { word, near: wordsNear(word) }, scope)
    const spelling = spellingIn(word, texts)
    if (spelling !== undefined) spellings.set(word, spelling)
  }
  if (spellings.size === 0) return null
  const other = respelled(q, spellings)
  const found = await searchPage(database, org_id, {
    ...request,
    q: other,
    terms: parseSearch(other),
    page: 1,
  })
  return scope.types.some((type) => found.counts[type] > 0) ? other : null
}
