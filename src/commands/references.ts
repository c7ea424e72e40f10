import { notFound } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'

/** Each of `user_ids` is a member; else 404, the same for a foreign and for a random id. */
export function checkMembers(
  { permissions }: CommandContext,
  user_ids: readonly (string | null | undefined)[],
): void {
  for (const id of user_ids) if (id && !permissions.member(id)) throw notFound('user')
}

export function checkProjects({ permissions }: CommandContext, ids: readonly string[]): void {
  if (ids.some((id) => !permissions.project_ids.has(id))) throw notFound('project')
}
