import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { once } from '../../commands/idempotency.ts'
import { ApiError, notFound } from '../../contracts/errors.ts'
import { PageOf } from '../../contracts/lists.ts'
import { Email, EmailDelivery } from '../../contracts/resources.ts'
import { OneOf } from '../../contracts/schema.ts'
import { EMAIL_STATUSES } from '../../contracts/vocabulary.ts'
import { emailFigures, listEmails, resendEmail } from '../../db/queries/emails.ts'
import { enqueueEmail } from '../../db/writes/emails.ts'
import type { Deps } from '../deps.ts'
import { created, endpoints, idOf } from '../endpoint.ts'
import { PAGE } from '../list-query.ts'

const EmailQuery = Type.Object({
  status: Type.Optional(OneOf(EMAIL_STATUSES)),
  ...PAGE,
})

/** Delivery of mails, for administrators. */
export function emailRoutes(deps: Deps) {
  const at = endpoints(deps)
  const tag = 'Notifications'
  return new Elysia({ name: 'emails', prefix: '/api/v1/orgs/:org_slug' })
    .get(
      '/emails',
      ...at.org(
        {
          tag,
          action: 'email.read',
          query: EmailQuery,
          summary: 'Mails and what became of them',
          description:
            'Newest first, for a month. One waits (`pending`), was taken by the mail server (`sent`), or was given up (`failed`).',
          ok: { status: 200, schema: PageOf(Email) },
        },
        async ({ org_id, query }) => ({ body: await listEmails(deps.database, org_id, query) }),
      ),
    )

    .get(
      '/emails/delivery',
      ...at.org(
        {
          tag,
          action: 'email.delivery',
          summary: 'Whether mails get out',
          description: 'Without a mail server (`MC_SMTP_URL`) no mail is made and none waits.',
          ok: { status: 200, schema: EmailDelivery },
        },
        async ({ org_id, rights, principal }) => {
          const { email_from } = deps
          const { email_from_address } = (await rights()).settings.notifications
          const figures =
            principal.role === 'administrator' ? await emailFigures(deps.database, org_id) : null
          const from_address = email_from === null ? null : (email_from_address ?? email_from)
          return { body: { configured: email_from !== null, from_address, figures } }
        },
      ),
    )

    .post(
      '/emails/:email_id/resend',
      ...at.org(
        {
          tag,
          action: 'email.resend',
          summary: 'Send a mail that failed again',
          description:
            'It waits again, with all its attempts, and is sent unless its member has read the notifications meanwhile. One that waits already stays as it is. Without a mail server it fails again, and says so.',
          ok: { status: 200, schema: Email },
          errors: ['EMAIL_NOT_FOUND', 'INVALID_TRANSITION', 'IDEMPOTENCY_CONFLICT'],
        },
        async (call) => {
          const { org_id } = call
          const email_id = idOf(call, 'email_id')
          const reply = await deps.database.withOrg(org_id, (tx) =>
            once(tx, org_id, call.principal.id, call.idempotency, async () => {
              const found = await resendEmail(tx, org_id, email_id)
              if (!found) throw notFound('email')
              const { email, changed } = found
              if (email.status === 'sent')
                throw new ApiError('INVALID_TRANSITION', 'This mail was sent already.')
              if (changed) await enqueueEmail(tx, org_id, email_id)
              return email
            }),
          )
          return created(reply, undefined, 200)
        },
      ),
    )
}
