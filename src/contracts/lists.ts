import { type TSchema, Type } from '@sinclair/typebox'
import { Closed, Count, Nullable } from './schema.ts'

export interface Pagination {
  page: number
  per_page: number
  total: number
  total_pages: number
}

/** A numbered page of a list. */
export interface Page<T> {
  data: T[]
  pagination: Pagination
}

/** The page of a list that is in memory whole. */
export function pageOf<T>(
  all: readonly T[],
  { page, per_page }: Pick<Pagination, 'page' | 'per_page'>,
): Page<T> {
  const total = all.length
  const data = all.slice((page - 1) * per_page, page * per_page)
  return { data, pagination: { page, per_page, total, total_pages: Math.ceil(total / per_page) } }
}

/** A slice of an endless list; `next_cursor` goes on in the same direction. */
export interface Slice<T> {
  data: T[]
  next_cursor: string | null
}

export const PageOf = <T extends TSchema>(item: T) =>
  Closed({
    data: Type.Array(item),
    pagination: Closed({ page: Count(), per_page: Count(), total: Count(), total_pages: Count() }),
  })

export const SliceOf = <T extends TSchema>(item: T) =>
  Closed({ data: Type.Array(item), next_cursor: Nullable(Type.String()) })
