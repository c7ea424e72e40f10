import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { AgentClient } from '../../bridge/src/server/agent-client.ts'
import { loadConfig } from '../config.ts'
import { newId } from '../contracts/ids.ts'
import type { Page } from '../contracts/lists.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import type { Message, Org, User } from '../contracts/resources.ts'
import { Accounts } from '../db/queries/accounts.ts'
import { posting } from '../http/posting.ts'
import { type Node, openNode } from '../node.ts'
import { serve } from '../serve.ts'
import { runDemoAgent } from './agents.ts'
import { Approval } from './approval.ts'
import { moveTasks } from './board.ts'
import { callerOf } from './caller.ts'
import type { FoundingPorts } from './founding.ts'
import { type OpenClawLogins, seedOpenClaw } from './openclaw.ts'
import { pause } from './pause.ts'
import { type DemoLogins, seedDemo } from './seed.ts'
import { type Cast, playStory } from './story.ts'

type Env = Record<string, string | undefined>

type Logins = Pick<DemoLogins | OpenClawLogins, 'org_slug' | 'people' | 'agents'>

const DEMO = 'demo organization'
const LOGINS_FILE = 'demo-logins.json'
const THINK_MS = 1_500
const PACE = { step_ms: 4_000, answer_ms: 25_000 }
/** What a page needs until its reader sees something. */
const ARRIVAL_MS = 3_000
/** The next release is not sooner. */
const ROUND_MS = 15 * 60_000
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
  const approval = new Approval()
  const agents = logins.agents.map(({ identifier: name, user_id, api_key }, at) => {
    const options = { url, org_slug: logins.org_slug, api_key }
    const caller = callerOf(options)
    const { promise: listening, resolve: onListening } = Promise.withResolvers<void>()
    const takes = name === 'forge' ? (message: Message) => approval.take(message) : () => false
    runDemoAgent(
      new AgentClient(options),
      { name, user_id, think_ms: THINK_MS, takes, onListening },
      signal,
    ).catch((error: unknown) => node.log.failed(`demo agent ${name}`, error))
    moveTasks(caller, MOVE_MS + at * MOVE_APART_MS, signal).catch((error: unknown) =>
      node.log.failed(`demo board ${name}`, error),
    )
    return { name, user_id, caller, listening }
  })
  await Promise.all(agents.map(({ listening }) => listening))
  const agent = (name: string) => {
    const found = agents.find((one) => one.name === name)
    if (!found) throw new Error(`${file} lacks the agent ${name}. Remove the folder to begin again.`)
    return found
  }
  const [forge, probe] = [agent('forge'), agent('probe')]
  const cast = {
    forge: forge.caller,
    probe: probe.caller,
    ids: { forge: forge.user_id, probe: probe.user_id },
    approval,
  }
  playAgain(node, logins, cast, signal).catch((error: unknown) => node.log.failed('demo story', error))
  console.log(
    'Sign in as Ines: the agents forge and probe then begin a release in #general and on the boards, and ask you. Mention one of them and it answers.',
  )
}

/** Plays the story whenever somebody is there, with a pause between two of them. */
async function playAgain(
  node: Node,
  { channel_id }: DemoLogins,
  cast: Omit<Cast, 'tomasz'>,
  signal: AbortSignal,
): Promise<void> {
  const { data: people } = await cast.forge.call<Page<User>>('GET', '/users?type=human&per_page=100')
  const ids = new Set(people.map(({ id }) => id))
  const tomasz = people.find(({ display_name }) => display_name.startsWith('Tomasz'))
  const { id: org_id } = await cast.forge.call<Org>('GET', '')
  while (!signal.aborted) {
    await cast.forge.untilPresent(ids, signal)
    await pause(ARRIVAL_MS, signal)
    const sayAsTomasz = async (channel: string, content: string) => {
      // A visitor may have removed him: then the agent goes on all the same.
      if (tomasz) await postAs(node, org_id, personOf(tomasz), channel, content)
    }
    await playStory({ ...cast, tomasz: sayAsTomasz }, channel_id, PACE, signal).catch((error: unknown) =>
      // A visitor changes what they like: a story that cannot go on ends, and the next one begins anew.
      node.log.failed('demo story', error),
    )
    await pause(ROUND_MS, signal)
  }
}

const personOf = ({ id, display_name, role }: User): AuthenticatedPrincipal => ({
  kind: 'human',
  id,
  display_name,
  org_id: null,
  role,
})

async function postAs(
  node: Node,
  org_id: string,
  principal: AuthenticatedPrincipal,
  channel_id: string,
  content: string,
): Promise<Message> {
  const reply = await node.core.channel(org_id, channel_id, {
    type: 'post',
    command_id: newId(),
    posting: posting(channel_id, { content }, undefined),
    principal,
  })
  return reply.result.message
}

async function seed(node: Node): Promise<DemoLogins> {
  return await seedDemo({
    ...foundingOf(node),
    channelPost: (org_id, channel_id, principal, content) =>
      postAs(node, org_id, principal, channel_id, content),
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
