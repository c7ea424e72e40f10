import { afterAll, beforeAll, expect, test } from 'bun:test'
import { COMMANDS } from '../../../src/commands/registry.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { Principal } from '../../../src/contracts/principal.ts'
import { commandsOf } from '../../support/commands.ts'
import { startDatabase, type TestDatabase } from '../../support/database.ts'
import { everyCommand } from '../../support/every-command.ts'

/**
 * Commands that leave no event, each with the reason. Read markers, mutes, deliveries, subscriptions, typing and presence
 * are no commands.
 */
const WITHOUT_EVENT: Record<string, string> = {}

let db: TestDatabase
/** Types of the events that each command made. */
const made = new Map<string, string[]>()

beforeAll(async () => {
  db = await startDatabase()
  const commands = await commandsOf(db)
  const run = async (command: string, input: unknown, principal?: Principal) => {
    const { done } = await commands.run(command, input, principal)
    made.set(command, [...(made.get(command) ?? []), ...done.events.map(({ type }) => type)])
    return done
  }
  let spawned: object = {}
  /** A sub-agent like the last one, whose time is over. */
  const overdue = async () => {
    const id = newId()
    const key = { id: newId(), key_id: newId(), prefix: 'mc_live_x', bcrypt_hash: 'x', hmac: newId() }
    await run('sub_agent.spawn', { ...spawned, id, key })
    await db.superuser`update sub_agents set expires_at = now() - interval '1 second' where id = ${id}`
    return { id }
  }
  await everyCommand(commands, async <Result>(command: string, input: unknown, principal?: Principal) => {
    // Some are run there when there is nothing to change: here also when there is.
    if (command === 'channel.resume_loop') await run(command, { ...(input as object), reason: 'human' })
    if (command === 'sub_agent.expire') await run(command, await overdue())
    // As if the worker had begun its first attempt.
    if (command === 'export.end') await db.superuser`update exports set status = 'processing', attempts = 1`
    if (command === 'key.remind')
      await db.superuser`update api_keys set created_at = now() - interval '100 days'`
    if (command === 'sub_agent.spawn') spawned = input as object
    return (await run(command, input, principal)).reply.result as Result
  })
  await commands.close()
})
afterAll(() => db.stop())

test('E18 every command leaves an event', () => {
  expect([...made.keys()].toSorted()).toEqual(Object.keys(COMMANDS).toSorted())
  const silent = [...made].filter(([, types]) => types.length === 0).map(([command]) => command)
  expect(silent.toSorted()).toEqual(Object.keys(WITHOUT_EVENT).toSorted())
})
