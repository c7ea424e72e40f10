import { ApiError, invalid } from '../contracts/errors.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { ScimToken } from '../contracts/resources.ts'
import { scimTokens } from '../db/queries/scim.ts'
import { insertScimToken } from '../db/writes/scim.ts'
import type { Command } from './command.ts'

/** A token with which an identity provider acts for the administrator who makes it. */
export const scimTokenCreate: Command<'scim_token.create'> = {
  name: 'scim_token.create',
  action: 'scim.manage',
  async run(context, token, principal) {
    // A token goes with a person's rights; a key that is revoked must not leave another credential behind.
    if (principal.kind !== 'human') throw new ApiError('FORBIDDEN', 'A person makes the token of a provider.')
    const known = await scimTokens(context, context.org_id)
    if (known.length >= LIMITS.scim_tokens_max)
      throw invalid({
        path: '',
        message: `There are ${LIMITS.scim_tokens_max} tokens already: revoke one that is not used any more.`,
      })
    const created_by = principal.id ?? ''
    await insertScimToken(context, created_by, token)
    const { id, name, prefix } = token
    const scim_token: ScimToken = {
      id,
      name,
      prefix,
      created_by,
      created_at: context.now,
      last_used_at: null,
    }
    return {
      result: scim_token,
      events: [{ type: 'scim_token.created', payload: { scim_token }, subject_ids: [created_by] }],
    }
  },
}
