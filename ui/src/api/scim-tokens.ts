import type { Page } from '@contracts/lists.ts'
import type { ScimToken } from '@contracts/resources.ts'
import { serverUrl } from '../base.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** More than an organization has. */
const SHOWN_MAX = 100

export const scimTokens = {
  list: (slug: string) =>
    request<Page<ScimToken>>('GET', `${orgPath(slug)}/scim-tokens`, { query: { per_page: SHOWN_MAX } }),
  create: (slug: string, name: string, idempotency_key: string) =>
    request<ScimToken & { token: string | null }>('POST', `${orgPath(slug)}/scim-tokens`, {
      body: { name },
      idempotency_key,
    }),
  revoke: (slug: string, id: string) =>
    request<undefined>('DELETE', `${orgPath(slug)}/scim-tokens/${encodeURIComponent(id)}`),
  /** What a provider is given beside the token. */
  baseUrl: (slug: string) => `${serverUrl()}${orgPath(slug)}/scim/v2`,
}
