import { updateOrg } from '../db/writes/orgs.ts'
import { stepped } from '../domain/orgs.ts'
import type { Command } from './command.ts'
import { existingOrg } from './existing.ts'

/** Ends the suspension of an org. */
export const orgResume: Command<'org.resume'> = {
  name: 'org.resume',
  action: 'org.resume',
  async run(context) {
    const org = stepped(await existingOrg(context), 'resume', context.now)
    await updateOrg(context, org)
    return { result: org, events: [{ type: 'org.resumed', payload: { org } }] }
  },
}
