import { LIMITS } from '@contracts/limits.ts'
import { SEARCH_TYPES, type SearchType } from '@contracts/vocabulary.ts'
import type { LocationQuery } from 'vue-router'
import type { SearchParams } from '../../api/search.ts'
import { inNumber, t } from '../../i18n/index.ts'
import { filterOfQuery, queryOfRoute } from '../events/log-filter.ts'

/** A search as the address of the page has it: days instead of moments. */
export interface SearchQuery {
  q: string
  /** Empty: some of each type. */
  type: SearchType | ''
  project_id: string
  from: string
  to: string
  archived: boolean
}

/** Results of each type in the overview. */
const PER_TYPE = 5

export function searchOfRoute(query: LocationQuery): SearchQuery {
  const { project_id, from, to } = queryOfRoute(query)
  const text = typeof query.q === 'string' ? query.q : ''
  return {
    q: [...text].slice(0, LIMITS.search_query_max).join(''),
    type: SEARCH_TYPES.find((type) => type === query.type) ?? '',
    project_id,
    from,
    to,
    archived: query.archived === '1',
  }
}

/** The part of the address that a search needs. */
export function routeOfSearch({ archived, ...rest }: SearchQuery): Record<string, string> {
  const set = Object.entries(rest).filter(([, value]) => value !== '')
  return { ...Object.fromEntries(set), ...(archived ? { archived: '1' } : {}) }
}

/** Whether something but the text and the type narrows the search. */
export const isFiltered = ({ project_id, from, to, archived }: SearchQuery): boolean =>
  project_id !== '' || from !== '' || to !== '' || archived

/** The same search without its filters. */
export const unfiltered = (query: SearchQuery): SearchQuery => ({
  ...query,
  project_id: '',
  from: '',
  to: '',
  archived: false,
})

/** Long enough to be asked for. */
export const isSearch = (q: string): boolean => [...q.trim()].length >= LIMITS.search_query_min

export function paramsOfSearch(query: SearchQuery): SearchParams {
  const { from, to } = filterOfQuery({ ...queryOfRoute({}), from: query.from, to: query.to })
  return {
    q: query.q.trim(),
    types: query.type || undefined,
    project_id: query.project_id || undefined,
    from: from || undefined,
    to: to || undefined,
    include_archived: query.archived ? 'true' : undefined,
    per_type: query.type === '' ? PER_TYPE : undefined,
  }
}

/** A part of a snippet: plain text, marked or not. */
export interface SnippetPart {
  text: string
  hit: boolean
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

/** The parts of a snippet of the server as text, so that nothing of it is ever read as HTML. */
export function partsOfSnippet(snippet: string): SnippetPart[] {
  return snippet
    .split(/(<mark>.*?<\/mark>)/su)
    .filter((part) => part !== '')
    .map((part) => ({
      text: part
        .replaceAll(/<\/?mark>/g, '')
        .replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? ''),
      hit: part.startsWith('<mark>'),
    }))
}

/** A count, with a plus sign where the server stopped counting. */
export const countInWords = (count: number): string =>
  count >= LIMITS.search_matches_max ? `${inNumber(count)}+` : inNumber(count)

/** The same with its noun. */
export const resultsInWords = (count: number): string =>
  count >= LIMITS.search_matches_max ? t('search.results_counted', { count }) : t('search.results', { count })
