import { Value } from '@sinclair/typebox/value'
import { createJobRunner } from '../../src/commands/execute.ts'
import { COMMANDS } from '../../src/commands/registry.ts'
import { CommandCall } from '../../src/contracts/calls.ts'
import { COMMAND_SCHEMAS } from '../../src/contracts/commands.ts'
import { ApiError } from '../../src/contracts/errors.ts'
import { newId } from '../../src/contracts/ids.ts'
import type { Principal } from '../../src/contracts/principal.ts'
import { Database, type Row, type Sql, type Tx } from '../../src/db/client.ts'
import { PostgresLaneStore } from '../../src/db/lane-store.ts'
import { readOrgState } from '../../src/db/queries/permissions.ts'
import type { Done, Job } from '../../src/domain/job.ts'
import { Permissions } from '../../src/domain/permissions.ts'
import { makeOrg, type TestDatabase } from './database.ts'

/** A database that counts what its transactions send after they took the lock of the head row. */
class CountingDatabase extends Database {
  transactions = 0
  statements = 0

  override scripted<T>(begin: string, run: (tx: Tx, rows: Row[]) => Promise<T>): Promise<T> {
    this.transactions++
    return super.scripted(begin, ({ sql }, rows) => run({ sql: this.#counted(sql) }, rows))
  }

  /** A piece of another statement is never awaited; the statement itself is. */
  #counted(sql: Sql): Sql {
    return new Proxy(sql, {
      apply: (target, self, args: unknown[]) => {
        const made: unknown = Reflect.apply(target, self, args)
        if (!(made instanceof Promise)) return made
        return new Proxy(made, {
          get: (query, name) => {
            if (name === 'then') this.statements++
            const value: unknown = Reflect.get(query, name)
            return typeof value === 'function' ? value.bind(query) : value
          },
        })
      },
    })
  }
}

export interface Ran {
  done: Done
  /** Between the lock of the head row and its release: the statements, and COMMIT. */
  round_trips: number
}

/** An org whose commands are run one by one, each in a transaction of its own, by the program's own runner. */
export async function commandsOf(db: TestDatabase) {
  const { org, channel, founder_id } = await makeOrg(db.database)
  const counting = new CountingDatabase({ connection: db.app, connections_max: 1 })
  const store = new PostgresLaneStore<Job, Done>(counting, createJobRunner(COMMANDS))
  let head = await store.take(org.id)
  const loaded = await readOrgState(db.database, org.id)
  const permissions = new Permissions(loaded!.permissions)
  const founder: Principal = {
    kind: 'human',
    id: founder_id,
    display_name: 'Founder',
    org_id: org.id,
    role: 'administrator',
  }

  /**
   * Runs these in one transaction; a command that changes who may do what must be the last. `one_by_one` stores each before
   * the next one, as the lane does after the database refused a row of the batch.
   */
  async function batch(
    calls: readonly (readonly [command: string, input: unknown])[],
    principal = founder,
    { one_by_one = false } = {},
  ) {
    const jobs = calls.map(([command, input]): Job => {
      const call: unknown = { command_id: newId(), command, input, principal }
      if (!Value.Check(CommandCall, call))
        throw new Error(`not an input of ${command}: ${JSON.stringify(input)}`)
      return { ...call, permissions }
    })
    const outcomes: (Done | ApiError)[] = []
    counting.statements = 0
    head = await store.write(org.id, head, jobs, async (tx) => {
      for (const job of jobs)
        outcomes.push(await (one_by_one ? tx.runAlone(job) : tx.run(job)).catch(refusal))
    })
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome instanceof ApiError) continue
      const { command } = jobs[i]!
      const { result } = outcome.reply
      if (!Value.Check(COMMAND_SCHEMAS[command].result, result))
        throw new Error(`not a result of ${command}: ${JSON.stringify(result)}`)
      for (const event of outcome.events) permissions.apply(event)
    }
    return outcomes
  }

  async function run(command: string, input: unknown, principal = founder): Promise<Ran> {
    const [done] = await batch([[command, input]], principal)
    if (!done || done instanceof ApiError) throw done ?? new Error('unreachable: the job was run')
    return { done, round_trips: counting.statements + 1 }
  }
  return { org, channel, founder_id, permissions, run, batch, close: () => counting.close() }
}

function refusal(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  throw error
}
