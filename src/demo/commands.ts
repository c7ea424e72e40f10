import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AgentClient } from '../../bridge/src/server/agent-client.ts'
import { loadConfig } from '../config.ts'
import { newId } from '../contracts/ids.ts'
import { Accounts } from '../db/queries/accounts.ts'
import { posting } from '../http/posting.ts'
import { type Node, openNode } from '../node.ts'
import { serve } from '../serve.ts'
import { runDemoAgent } from './agents.ts'
import { moveTasks } from './board.ts'
import type { FoundingPorts } from './founding.ts'
import { type OpenClawLogins, seedOpenClaw } from './openclaw.ts'
import { type DemoLogins, seedDemo } from './seed.ts'

type Env = Record<string, string | undefined>

type Logins = Pick<DemoLogins | OpenClawLogins, 'org_slug' | 'people' | 'agents'>

const DEMO = 'demo organization'
const LOGINS_FILE = 'demo-logins.json'
const LINE_MS = 6_000
const THINK_MS = 1_500
const MOVE_MS = 9_000
/** Agents move in turn, not at once. */
const MOVE_APART_MS = 4_000

/**
 * `db seed [--openclaw] [--force]`: fills an empty database with the demo org, or with the organization "OpenClaw", and
 * prints how to sign in and the keys of the agents, once. `--force` adds it to one that is in use. Returns the exit code.
 */
export async function dbSeed(
  env: Env,
  { force, openclaw }: { force: boolean; openclaw: boolean },
): Promise<number> {
  const node = await openNode(env)
  try {
    if (!force && !(await new Accounts(node.database).none())) {
      console.error(
        `There is data in this database already. To add the organization to it: db seed${openclaw ? ' --openclaw' : ''} --force`,
      )
      return 1
    }
    if (openclaw)
      print('organization "OpenClaw"', await seedOpenClaw(foundingOf(node)), node.config.public_url)
    else print(DEMO, await seed(node), node.config.public_url)
    return 0
  } finally {
    await node.core.host.stopAll()
    await node.close()
  }
}

/** `demo`: a server of its own with demo data, and two agents that talk and work through its public API. */
export async function demo(env: Env): Promise<void> {
  // Never beside real data: the agents would talk there.
  const base = resolve(loadConfig(env).config.data_dir)
  const { MC_DATABASE_URL: _, MC_DATABASE_OWNER_URL: __, ...rest } = env
  const data_dir = join(base, 'demo')
  mkdirSync(data_dir, { recursive: true })
  const node = await serve({ ...rest, MC_DATA_DIR: data_dir }, { quiet_setup: true })
  const file = join(data_dir, LOGINS_FILE)
  if (!existsSync(file)) {
    if (!(await new Accounts(node.database).none()))
      throw new Error(`${data_dir} holds data, but ${LOGINS_FILE} is gone. Remove the folder to begin again.`)
    writeFileSync(file, JSON.stringify(await seed(node), null, 2), { mode: 0o600 })
  }
  const logins = JSON.parse(readFileSync(file, 'utf8')) as DemoLogins
  print(DEMO, logins, node.config.public_url)

  const url = `http://127.0.0.1:${node.config.port}`
  const { signal } = new AbortController()
  const listening = logins.agents.map(async ({ identifier: name, user_id, api_key }, at) => {
    const client = new AgentClient({ url, org_slug: logins.org_slug, api_key })
    const { promise, resolve: onListening } = Promise.withResolvers<void>()
    const options = {
      name,
      user_id,
      channel_id: logins.channel_id,
      line_ms: LINE_MS,
      think_ms: THINK_MS,
      onListening,
    }
    runDemoAgent(client, options, signal).catch((error: unknown) =>
      node.log.failed(`demo agent ${name}`, error),
    )
    const on_board = { url, org_slug: logins.org_slug, api_key, move_ms: MOVE_MS + at * MOVE_APART_MS }
    moveTasks(on_board, signal).catch((error: unknown) => node.log.failed(`demo board ${name}`, error))
    await promise
  })
  await Promise.all(listening)
  console.log(
    'The agents forge and probe are talking in #general and working on the boards. Mention one of them and it answers.',
  )
}

async function seed(node: Node): Promise<DemoLogins> {
  return await seedDemo({
    ...foundingOf(node),
    async channelPost(org_id, channel_id, principal, content) {
      const reply = await node.core.channel(org_id, channel_id, {
        type: 'post',
        command_id: newId(),
        posting: posting(channel_id, { content }, undefined),
        principal,
      })
      return reply.result.message
    },
  })
}

function foundingOf(node: Node): FoundingPorts {
  return {
    database: node.database,
    command: node.core.command,
    pepper: node.secrets.pepper,
    password: randomBytes(9).toString('base64url'),
  }
}

function print(what: string, { org_slug, people, agents }: Logins, url: string): void {
  console.log(`\nThe ${what} ("${org_slug}") is on ${url}`)
  for (const { name, email, password } of people) console.log(`  ${name}: ${email}, password ${password}`)
  for (const { identifier, api_key } of agents) console.log(`  agent ${identifier}: key ${api_key}`)
  console.log('')
}
