import { notFound } from '../contracts/errors.ts'
import { scimTokens } from '../db/queries/scim.ts'
import { deleteScimToken } from '../db/writes/scim.ts'
import type { Command } from './command.ts'

/** Ends a token at once: the row is what every use of it looks for. */
export const scimTokenRevoke: Command<'scim_token.revoke'> = {
  name: 'scim_token.revoke',
  action: 'scim.revoke',
  async run(context, { id }) {
    const scim_token = (await scimTokens(context, context.org_id)).find((one) => one.id === id)
    if (!scim_token) throw notFound('scim_token')
    await deleteScimToken(context, id)
    return {
      result: null,
      events: [{ type: 'scim_token.revoked', payload: { scim_token }, subject_ids: [scim_token.created_by] }],
    }
  },
}
