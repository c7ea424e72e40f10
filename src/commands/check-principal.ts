import type { CommandName } from '../contracts/commands.ts'
import { ApiError, notFound } from '../contracts/errors.ts'
import { authorize } from '../domain/access.ts'
import type { Job } from '../domain/job.ts'
import type { Command } from './command.ts'

/**
 * Checks the principal's membership, role, key and scope again, by the owner's permissions: the first node's copy may
 * predate the preceding command.
 */
export function checkPrincipal(
  command: Pick<Command<CommandName>, 'name' | 'action'>,
  job: Job,
  now_ms: number,
): void {
  const { principal, permissions } = job
  if (command.action === null) return
  if (principal.kind === 'system') throw new Error(`${command.name} is not for the server itself`)
  if (principal.key_id !== undefined && permissions.keyEnded(principal.key_id, now_ms)) throw invalidKey()
  if (principal.kind === 'sub_agent') {
    if (!permissions.scope(principal.id)) throw invalidKey()
    authorize(command.action, principal, permissions.readOnly)
    return
  }
  const member = permissions.member(principal.id)
  if (!member) throw notFound('org')
  authorize(command.action, { kind: member.type, role: member.role }, permissions.readOnly)
}

function invalidKey(): ApiError {
  return new ApiError('INVALID_API_KEY', 'This API key is not valid.')
}
