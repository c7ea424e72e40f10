import { readOnly } from '../domain/access.ts'
import type { Command } from './command.ts'
import { inviteHuman } from './user-invite-human.ts'

/** Invites a person by a link of the server's shell: nobody of the org has to be able to sign in. */
export const userInviteByShell: Command<'user.invite_by_shell'> = {
  name: 'user.invite_by_shell',
  action: null,
  async run(context, input) {
    if (context.permissions.readOnly) throw readOnly()
    // The server has no id: the invite counts as made by whom it is for.
    return await inviteHuman(context, input, input.user_id)
  },
}
