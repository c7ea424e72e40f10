import type { Page } from '@contracts/lists.ts'
import type { Export } from '@contracts/resources.ts'
import { EXPORTS_SHOWN } from '../api/exports.ts'

/**
 * The list with an export as it is now, in its place or on top as the newest. An export that has ended does not move
 * again: progress that arrives late changes nothing.
 */
export function withExport(page: Page<Export>, now: Export): Page<Export> {
  const known = page.data.find(({ id }) => id === now.id)
  if (known && rankOf(known) > rankOf(now)) return page
  if (known) return { ...page, data: page.data.map((one) => (one.id === now.id ? now : one)) }
  const total = page.pagination.total + 1
  return { data: [now, ...page.data].slice(0, EXPORTS_SHOWN), pagination: { ...page.pagination, total } }
}

export const underWay = ({ status }: Pick<Export, 'status'>): boolean =>
  status === 'pending' || status === 'processing'

const rankOf = (one: Export): number =>
  ['pending', 'processing', 'ready', 'failed', 'expired'].indexOf(one.status)
