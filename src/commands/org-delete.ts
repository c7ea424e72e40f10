import { invalid } from '../contracts/errors.ts'
import { updateOrg } from '../db/writes/orgs.ts'
import { stepped } from '../domain/orgs.ts'
import type { Command } from './command.ts'
import { existingOrg } from './existing.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Starts the grace period: the org is read-only, and deleted at the end unless it is restored. */
export const orgDelete: Command<'org.delete'> = {
  name: 'org.delete',
  action: 'org.delete',
  async run(context, { confirm }) {
    const before = await existingOrg(context)
    if (confirm !== before.slug)
      throw invalid({ path: '/confirm', message: 'Must be the address of the organization.' })
    const grace_ms = before.settings.deletion_grace_period_days * DAY_MS
    const deletion_at = new Date(Date.parse(context.now) + grace_ms).toISOString()
    const org = stepped(before, 'delete', context.now, deletion_at)
    await updateOrg(context, org)
    return { result: org, events: [{ type: 'org.deletion_initiated', payload: { org } }] }
  },
}
