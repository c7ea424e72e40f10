import { createOrg } from '../../../src/commands/org-create.ts'
import type { CommandCall } from '../../../src/contracts/calls.ts'
import type { CommandName, Inputs, Results } from '../../../src/contracts/commands.ts'
import { newId } from '../../../src/contracts/ids.ts'
import type { AuthenticatedPrincipal } from '../../../src/contracts/principal.ts'
import { createCore } from '../../../src/core.ts'
import { Database, type Sql } from '../../../src/db/client.ts'
import { Metrics } from '../../../src/http/metrics.ts'
import { type OwnDatabase, startOwnDatabase } from '../../support/database.ts'
import { emptyLedger, identity, type Ledger } from './ledger.ts'

export type Core = ReturnType<typeof createCore>

/** One org with its callers' ledger: open channels for everybody, and a project channel for each agent. */
export interface StageOrg {
  org_id: string
  admin: AuthenticatedPrincipal
  agents: StageAgent[]
  channel_ids: string[]
  ledger: Ledger
}

export interface StageAgent {
  caller: AuthenticatedPrincipal
  project_id: string
  /** Readable by the agent while it is assigned to the project. */
  project_channel_id: string
}

export interface Stage {
  core: Core
  /** Resolves in the turn in which the next answer of PostgreSQL to a lane arrives. */
  nextAnswer(): Promise<void>
  database: OwnDatabase
  orgs: StageOrg[]
  /** Work in the background that failed, by stage of work. */
  failures: Map<string, number>
  stop(): Promise<void>
}

const LANE_CONNECTIONS = 8
const OPEN_CHANNELS = 3

/** A core as a node has it, on a real PostgreSQL and without HTTP, with so many orgs and agents. */
export async function openStage(orgs_count: number, agents_count: number): Promise<Stage> {
  const database = await startOwnDatabase()
  const lanes = new ObservedDatabase({ connection: database.app, connections_max: LANE_CONNECTIONS })
  const orgs: StageOrg[] = []
  const failures = new Map<string, number>()
  const failed = (stage: string) => void failures.set(stage, (failures.get(stage) ?? 0) + 1)
  const options = {
    node_id: 'inside',
    lease_ms: 5_000,
    heartbeat_seconds: 15,
    lane_queue_max: 5_000,
    mailbox_max: 5_000,
    ring_events_max: 1_000,
    actor_idle_ms: 300_000,
    mail: null,
  }
  const core = createCore(
    database.database,
    lanes,
    new Metrics(),
    { failed },
    options,
    () => undefined,
    ({ org_id, events }) => {
      const ledger = orgs.find((org) => org.org_id === org_id)?.ledger
      for (const event of events)
        ledger?.published.push(identity(event.sequence, event.type, messageId(event.payload)))
    },
  )
  for (let i = 0; i < orgs_count; i++) orgs.push(await makeOrg(core, database.database, i, agents_count))
  return {
    core,
    nextAnswer: () => lanes.nextAnswer(),
    database,
    orgs,
    failures,
    async stop() {
      core.edges.stop()
      await core.host.stopAll()
      await lanes.close()
      await database.stop()
    },
  }
}

/** Lets callers act in the same turn of the event loop as a PostgreSQL answer to the lane, as no socket can. */
class ObservedDatabase extends Database {
  #waiting: (() => void)[] = []

  nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  override async statement<T>(run: (sql: Sql) => Promise<T>): Promise<T> {
    return await super.statement(async (sql) => {
      const result = await run(sql)
      for (const wake of this.#waiting.splice(0)) wake()
      return result
    })
  }
}

async function makeOrg(core: Core, database: Database, n: number, agents: number): Promise<StageOrg> {
  const admin: AuthenticatedPrincipal = {
    kind: 'human',
    id: newId(),
    display_name: `Admin ${n}`,
    org_id: null,
    role: 'administrator',
  }
  const { org } = await createOrg(database, {
    name: `Org ${n}`,
    slug: `org-${n}`,
    founder: { user_id: admin.id, display_name: admin.display_name },
    new_account: { email: `admin-${n}@example.com`, password_hash: 'none' },
  })
  const made: StageOrg = { org_id: org.id, admin, agents: [], channel_ids: [], ledger: emptyLedger() }
  const run: Run = async (command, input) =>
    (await core.command(org.id, callOf(command, input, admin))).result
  await run('org.update', { settings: { agent_limits: { loop_brake: { messages: 0, minutes: 2 } } } })
  for (let i = 0; i < OPEN_CHANNELS; i++)
    made.channel_ids.push((await run('channel.create', { name: `open ${i}` })).id)
  for (let i = 0; i < agents; i++) made.agents.push(await makeAgent(run, i))
  return made
}

type Run = <N extends CommandName>(command: N, input: Inputs[N]) => Promise<Results[N]>

async function makeAgent(run: Run, n: number): Promise<StageAgent> {
  const id = newId()
  await run('user.create_agent', {
    identifier: `agent-${n}`,
    display_name: `Agent ${n}`,
    role: 'contributor',
    user_id: id,
    key: { id: newId(), key_id: `inside${n}`.padEnd(12, 'x'), prefix: 'p', bcrypt_hash: 'b', hmac: 'h' },
  })
  const project = await run('project.create', { name: `Project ${n}`, type: 'software' })
  return {
    caller: { kind: 'agent', id, display_name: `Agent ${n}`, org_id: null, role: 'contributor' },
    project_id: project.id,
    project_channel_id: project.channel_id,
  }
}

export function callOf<N extends CommandName>(
  command: N,
  input: Inputs[N],
  caller: AuthenticatedPrincipal,
): CommandCall<N> {
  return { command_id: newId(), command, input, principal: caller }
}

/** A text field of a reply. */
export function field(value: unknown, name: string): string {
  const found = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  if (typeof found !== 'string') throw new Error(`the reply has no ${name}: ${JSON.stringify(value)}`)
  return found
}

function messageId(payload: object): string | undefined {
  const message: unknown = Reflect.get(payload, 'message')
  return message === undefined ? undefined : field(message, 'id')
}
