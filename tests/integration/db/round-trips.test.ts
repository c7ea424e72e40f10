import { afterAll, beforeAll, expect, test } from 'bun:test'
import { COMMANDS } from '../../../src/commands/registry.ts'
import type { LogEvent } from '../../../src/contracts/log-event.ts'
import type { Principal } from '../../../src/contracts/principal.ts'
import type { Project, SubAgent, Task, User } from '../../../src/contracts/resources.ts'
import { findProject } from '../../../src/db/queries/projects.ts'
import { findSubAgent } from '../../../src/db/queries/sub-agents.ts'
import { findTask } from '../../../src/db/queries/tasks.ts'
import { findUser } from '../../../src/db/queries/users.ts'
import { commandsOf } from '../../support/commands.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { everyCommand } from '../../support/every-command.ts'

let db: TestDatabase
/** Most round trips of each command. */
const spent = new Map<string, number>()
/** Answers and payloads that are not what a read answers. */
const wrong: string[] = []

beforeAll(async () => {
  db = await startDatabase()
  const commands = await commandsOf(db)
  await everyCommand(commands, async <Result>(command: string, input: unknown, principal?: Principal) => {
    const { done, round_trips } = await commands.run(command, input, principal)
    spent.set(command, Math.max(spent.get(command) ?? 0, round_trips))
    for (const event of done.events) wrong.push(...(await differences(commands.org.id, event)))
    return done.reply.result as Result
  })
  await commands.close()
})
afterAll(async () => {
  await db.stop()
})

/** Round trips while the head row is locked; the closing statement and COMMIT are two of them. */
const ROUND_TRIPS: Record<string, number> = {
  'channel.create': 3,
  'channel.pause_loop': 4,
  'channel.resume_loop': 3,
  'channel.update': 3,
  'export.end': 3,
  'export.request': 4,
  // With an export under way; it begins one in two more.
  'export.schedule': 3,
  'key.remind': 3,
  'key.revoke': 4,
  'key.rotate': 4,
  'message.post': 3,
  'org.delete': 4,
  'org.restore': 4,
  'org.resume': 4,
  'org.suspend': 4,
  'org.update': 4,
  'project.archive': 4,
  'project.assign': 4,
  'project.create': 5,
  'project.transition': 4,
  'project.unassign': 4,
  'project.update': 6,
  'scim_token.create': 4,
  'scim_token.revoke': 4,
  'security.record': 2,
  'sub_agent.complete': 4,
  'sub_agent.expire': 3,
  'sub_agent.renew_key': 4,
  'sub_agent.spawn': 5,
  'sub_agent.terminate': 4,
  'task.add_dependency': 5,
  'task.add_evidence': 3,
  'task.archive': 4,
  'task.create': 3,
  'task.remove_dependency': 4,
  'task.remove_evidence': 4,
  // One more than 3: it ends sub-agents.
  'task.transition': 4,
  'task.update': 4,
  'user.adopt': 5,
  'user.create_agent': 7,
  'user.invite_again': 5,
  'user.invite_by_shell': 6,
  'user.invite_human': 6,
  'user.join': 10,
  'user.link_sign_in': 5,
  'user.provision': 8,
  'user.remove': 8,
  'user.reprovision': 9,
  'user.set_client': 4,
  'user.set_commands': 4,
  'user.set_password': 13,
  'user.set_roles': 5,
  'user.tell_account': 3,
  'user.unsubscribe': 4,
  'user.update': 5,
}

/** Without the time that is left of a sub-agent: it is counted when it is read. */
const timeless = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null, (key, item) => (key === 'seconds_remaining' ? undefined : item)))

/** What an event says of a task, project, user or sub-agent against what a read answers. */
async function differences(org_id: string, { type, payload }: LogEvent): Promise<string[]> {
  const { task, project, user, sub_agent } = payload as {
    task?: Task
    project?: Project
    user?: User
    sub_agent?: SubAgent
  }
  const pairs: [claimed: unknown, found: unknown][] = []
  if (task) pairs.push([task, await findTask(db.database, org_id, task.id)])
  if (project) pairs.push([project, await findProject(db.database, org_id, project.id)])
  if (user && type !== 'user.removed') pairs.push([user, await findUser(db.database, org_id, user.id)])
  if (sub_agent) {
    const { instructions: _, ...found } = (await findSubAgent(db.database, org_id, sub_agent.id)) ?? {}
    pairs.push([sub_agent, found])
  }
  return pairs
    .filter(([claimed, found]) => !Bun.deepEquals(timeless(claimed), timeless(found)))
    .map(([claimed, found]) => `${type}: ${JSON.stringify(claimed)} is stored as ${JSON.stringify(found)}`)
}

test('K1 each command takes its number of round trips while the head row is locked', () => {
  expect(Object.fromEntries([...spent].sort())).toEqual(ROUND_TRIPS)
  expect(Object.keys(COMMANDS).sort()).toEqual(Object.keys(ROUND_TRIPS))
})

test('K2 the payloads of events are what a read answers, though nothing is read after a write', () => {
  expect(wrong).toEqual([])
})
