import { ApiError, invalid } from '../contracts/errors.ts'
import { setCommands } from '../db/writes/memberships.ts'
import type { Command } from './command.ts'
import { existingUser } from './existing.ts'

/** Replaces the commands that an agent takes. */
export const userSetCommands: Command<'user.set_commands'> = {
  name: 'user.set_commands',
  action: 'user.set_commands',
  async run(context, { user_id, commands }) {
    const { commands: _, ...before } = await existingUser(context, user_id)
    if (before.type !== 'agent') throw new ApiError('FORBIDDEN', 'Only agents register commands.')
    const names = new Set<string>()
    for (const [at, { name }] of commands.entries()) {
      const path = `/${at}/name`
      if (name === 'help') throw invalid({ path, message: 'The server answers /help itself.' })
      if (names.has(name)) throw invalid({ path, message: 'Is there twice.' })
      names.add(name)
    }
    await setCommands(context, user_id, commands)
    const user = commands.length > 0 ? { ...before, commands } : before
    return { result: commands, events: [{ type: 'user.updated', payload: { user }, subject_ids: [user_id] }] }
  },
}
