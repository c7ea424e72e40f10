import { updateOrg } from '../db/writes/orgs.ts'
import { stepped } from '../domain/orgs.ts'
import type { Command } from './command.ts'
import { existingOrg } from './existing.ts'

/** Ends the grace period of a deleted org: it is active again. */
export const orgRestore: Command<'org.restore'> = {
  name: 'org.restore',
  action: 'org.restore',
  async run(context) {
    const org = stepped(await existingOrg(context), 'restore', context.now)
    await updateOrg(context, org)
    return { result: org, events: [{ type: 'org.restored', payload: { org } }] }
  },
}
