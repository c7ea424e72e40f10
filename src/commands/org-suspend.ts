import { updateOrg } from '../db/writes/orgs.ts'
import { stepped } from '../domain/orgs.ts'
import type { Command } from './command.ts'
import { existingOrg } from './existing.ts'

/** Makes an org read-only until it is resumed. */
export const orgSuspend: Command<'org.suspend'> = {
  name: 'org.suspend',
  action: 'org.suspend',
  async run(context) {
    const org = stepped(await existingOrg(context), 'suspend', context.now)
    await updateOrg(context, org)
    return { result: org, events: [{ type: 'org.suspended', payload: { org } }] }
  },
}
