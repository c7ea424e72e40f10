import type { Page } from '@contracts/lists.ts'
import type { Export } from '@contracts/resources.ts'
import { atServer } from '../base.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Exports that the settings show, the newest. */
export const EXPORTS_SHOWN = 25

export const exports = {
  list: (slug: string) =>
    request<Page<Export>>('GET', `${orgPath(slug)}/exports`, { query: { per_page: EXPORTS_SHOWN } }),
  ask: (slug: string, idempotency_key: string) =>
    request<Export>('POST', `${orgPath(slug)}/exports`, { idempotency_key }),
  /** The browser saves it: the answer says that it is an attachment. */
  downloadUrl: (slug: string, id: string) =>
    atServer(`${orgPath(slug)}/exports/${encodeURIComponent(id)}/download`),
}
