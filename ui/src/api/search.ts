import type { SearchAnswer } from '@contracts/search.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** What is asked of the server; left out where undefined. */
export interface SearchParams {
  q: string
  types: string | undefined
  project_id: string | undefined
  from: string | undefined
  to: string | undefined
  include_archived: 'true' | undefined
  per_type: number | undefined
}

/** A further page of an answer. */
export interface SearchPlace {
  page: number
  as_of: string | undefined
}

export const searchApi = {
  search: (slug: string, params: SearchParams, { page, as_of }: SearchPlace, signal: AbortSignal) =>
    request<SearchAnswer>('GET', `${orgPath(slug)}/search`, { query: { ...params, page, as_of }, signal }),
}
