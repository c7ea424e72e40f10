import { notFound } from '../contracts/errors.ts'
import type { CommandContext } from './command.ts'

/** Each of `user_ids` is a member; else 404, the same for a foreign and for a random id. */
export function checkMembers(
  context: CommandContext,
  user_ids: readonly (string | null | undefined)[],
): void {
  for (const id of user_ids) if (id && !context.permissions.member(id)) throw notFound('user')
}

export async function checkProjects(context: CommandContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const found =
    await context.sql`select id from projects where org_id = ${context.org_id} and id = any(${[...ids]})`
  if (found.length < new Set(ids).size) throw notFound('project')
}

export async function checkTasks(context: CommandContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const found =
    await context.sql`select id from tasks where org_id = ${context.org_id} and id = any(${[...ids]})`
  if (found.length < new Set(ids).size) throw notFound('task')
}

/** What was added to and what was taken from a list, each once. */
export function difference(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  return {
    added: [...new Set(after)].filter((id) => !before.includes(id)),
    removed: before.filter((id) => !after.includes(id)),
  }
}
