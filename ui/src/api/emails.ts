import type { Page } from '@contracts/lists.ts'
import type { Email, EmailDelivery, Unsubscribed } from '@contracts/resources.ts'
import type { EmailStatus } from '@contracts/vocabulary.ts'
import { request } from './http.ts'
import { orgPath } from './org.ts'

/** Failed mails that one look at the settings shows. */
const SHOWN = 50

export const emails = {
  delivery: (slug: string) => request<EmailDelivery>('GET', `${orgPath(slug)}/emails/delivery`),
  list: (slug: string, status: EmailStatus) =>
    request<Page<Email>>('GET', `${orgPath(slug)}/emails`, { query: { status, per_page: SHOWN } }),
  resend: (slug: string, id: string, idempotency_key: string) =>
    request<Email>('POST', `${orgPath(slug)}/emails/${encodeURIComponent(id)}/resend`, { idempotency_key }),
  /** By the link of a mail; needs no session. */
  unsubscribe: (token: string) =>
    request<Unsubscribed>('POST', '/unsubscribe', {
      query: { token },
      body: { 'List-Unsubscribe': 'One-Click' },
    }),
}
