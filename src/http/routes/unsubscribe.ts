import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { readUnsubscribeLink } from '../../auth/unsubscribe-links.ts'
import { notFound } from '../../contracts/errors.ts'
import { LIMITS } from '../../contracts/limits.ts'
import { Unsubscribed } from '../../contracts/resources.ts'
import { Closed, Text } from '../../contracts/schema.ts'
import { readOrg } from '../../db/queries/orgs.ts'
import type { Deps } from '../deps.ts'
import { endpoints } from '../endpoint.ts'

const UnsubscribeQuery = Type.Object({
  /** Without one it is a link that is not whole. */
  token: Type.Optional(Text(LIMITS.url_max, { description: 'Of the link in a mail.' })),
})

/** As mail programs send it (RFC 8058). */
const OneClick = Closed({ 'List-Unsubscribe': Type.Literal('One-Click') })

/**
 * The unsubscribe link of mails. GET is the app's page with a button: programs that open every link of a mail must not
 * unsubscribe anybody. The token is all it takes, so there is neither session nor CSRF token.
 */
export function unsubscribeRoutes(deps: Deps) {
  const at = endpoints(deps)
  return new Elysia({ name: 'unsubscribe' }).post(
    '/unsubscribe',
    ...at.open(
      {
        tag: 'Notifications',
        open: true,
        form: true,
        query: UnsubscribeQuery,
        body: OneClick,
        summary: 'End the mails about notifications, by the link in one of them',
        description:
          'One-click unsubscribe of RFC 8058. Sets the preference of the member to `none`; the member can change it again.',
        ok: { status: 200, schema: Unsubscribed },
        errors: ['NOT_FOUND'],
      },
      async ({ query }) => {
        const link = readUnsubscribeLink(deps.key_pepper, query.token ?? '')
        const org =
          link && (await deps.database.readOrg(link.org_id, (tx) => readOrg(tx, link.org_id, 'contributor')))
        if (!org) throw notFound('resource')
        await deps.systemCommand(org.id, {
          command: 'user.unsubscribe',
          input: { user_id: link.user_id },
        })
        return { body: { org_name: org.name, email: 'none' } }
      },
    ),
  )
}
