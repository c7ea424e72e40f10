import { notFound } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'

/** Throws 404 unless every one of `user_ids` is a member; the answer is the same for foreign and random ids. */
export function checkMembers(
  { permissions }: CommandContext,
  user_ids: readonly (string | null | undefined)[],
): void {
  for (const id of user_ids) if (id && !permissions.member(id)) throw notFound('user')
}

export function checkProjects({ permissions }: CommandContext, ids: readonly string[]): void {
  if (ids.some((id) => !permissions.project_ids.has(id))) throw notFound('project')
}
