import { notFound } from '../contracts/errors.ts'
import type { Principal } from '../contracts/principal.ts'
import type { Org, Project, Task, User } from '../contracts/resources.ts'
import { readOrg } from '../db/queries/orgs.ts'
import { readProject } from '../db/queries/projects.ts'
import { type InstructedSubAgent, readSubAgent } from '../db/queries/sub-agents.ts'
import { readTasks } from '../db/queries/tasks.ts'
import { readUser } from '../db/queries/users.ts'
import type { CommandContext } from './command.ts'
import { TaskBatch } from './task-batch.ts'

export async function existingOrg(context: CommandContext): Promise<Org> {
  const org = await readOrg(context, context.org_id, 'administrator')
  if (!org) throw notFound('org')
  return org
}

export async function existingUser(context: CommandContext, id: string): Promise<User> {
  const user = context.permissions.members.has(id) ? await readUser(context, context.org_id, id) : undefined
  if (!user) throw notFound('user')
  return user
}

export async function existingProject(context: CommandContext, id: string): Promise<Project> {
  const project = await readProject(context, context.org_id, id)
  if (!project) throw notFound('project')
  return project
}

export async function existingSubAgent(context: CommandContext, id: string): Promise<InstructedSubAgent> {
  const sub_agent = await readSubAgent(context, context.org_id, id)
  if (!sub_agent) throw notFound('sub_agent')
  return sub_agent
}

/** 404 for an unknown task, and for a sub-agent that asks for a task other than its own. */
export async function existingTask(context: CommandContext, id: string, principal: Principal): Promise<Task> {
  checkScope(context, id, principal)
  const [task] = await readTasks(context, context.org_id, [id])
  if (!task) throw notFound('task')
  return task
}

/** The same for a batched command. */
export async function existingInBatch(
  context: CommandContext,
  id: string,
  principal: Principal,
): Promise<Task> {
  checkScope(context, id, principal)
  const [task] = await TaskBatch.of(context).read([id])
  if (!task) throw notFound('task')
  return task
}

/** A sub-agent sees only its own task. */
export function checkScope({ permissions }: CommandContext, task_id: string, principal: Principal): void {
  if (principal.kind === 'sub_agent' && permissions.scope(principal.id ?? '')?.task_id !== task_id)
    throw notFound('task')
}
