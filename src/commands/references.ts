import { notFound } from '../contracts/errors.ts'
import { projectsExist } from '../db/queries/projects.ts'
import type { CommandContext } from './command.ts'

/** Each of `user_ids` is a member; else 404, the same for a foreign and for a random id. */
export function checkMembers(
  context: CommandContext,
  user_ids: readonly (string | null | undefined)[],
): void {
  for (const id of user_ids) if (id && !context.permissions.member(id)) throw notFound('user')
}

export async function checkProjects(context: CommandContext, ids: readonly string[]): Promise<void> {
  if (ids.length > 0 && !(await projectsExist(context, context.org_id, ids))) throw notFound('project')
}
