import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile, hostTarget } from '../../bridge/scripts/compile.ts'
import { type BridgeProcess, startBridge } from '../../tests/support/bridge-process.ts'
import { type Agent, addAgent } from '../../tests/support/client.ts'
import { type GatewayProcess, startMockGateway } from '../../tests/support/mock-gateway/process.ts'
import { percentile } from '../lib.ts'
import { type Asked, ask, openRooms } from '../load/questions.ts'
import type { Product } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

const CHANNELS = 10
/** Ten a second: a busy team asks its agents six times a minute. */
const QUESTIONS = 300
const MODEL_MS = 200
/** After this long without work, memory is at rest. */
const REST_MS = 30_000
const MIB = 2 ** 20

const overhead: Row = {
  name: `the bridge's own time of an answer, p99 of ${QUESTIONS} in ${CHANNELS} channels, 5 asked at once, 10 a second`,
  unit: 'ms over the turn at the gateway',
  judge: [
    { at_most: 200, goal: 50 },
    { figure: 'MiB at rest after the questions', at_most: 80, goal: 80 },
  ],
  runs_max: 3,
  async run(product) {
    const folder = mkdtempSync(join(tmpdir(), 'mc-bench-bridge-'))
    const token = 'bench-gateway-token'
    const gateway = await startMockGateway({ folder: join(folder, 'gateway'), token })
    let bridge: BridgeProcess | undefined
    try {
      const { url, org, key, user } = product.agent
      bridge = await startBridge({
        folder: join(folder, 'bridge'),
        server_url: url,
        gateway: { url: gateway.url, token },
        agents: [{ name: user.username, key, org }],
        program: [await compiledBridge(folder)],
      })
      return { ...(await measure(product, gateway, bridge)), ...(await answeredByEcho(product)) }
    } finally {
      await bridge?.stop()
      await gateway.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function compiledBridge(out: string): Promise<string> {
  const target = hostTarget()
  if (target === undefined) throw new Error('The bridge is not compiled for this system.')
  return await compile(target, { out, runtime: process.execPath })
}

/** Acknowledgement of the question to its answer, less what the gateway took from its request to its final event. */
async function measure(
  { admin, agent }: Product,
  gateway: GatewayProcess,
  bridge: BridgeProcess,
): Promise<Figures> {
  const question = (n: number) => `@${agent.user.username} SLOW ${MODEL_MS} ECHO answer ${n}.`
  const channels = await warmedUp(admin, question)
  const before = bridge.resident_bytes()
  const asked = await ask(admin, channels, numbers(QUESTIONS), question)
  const turns = new Map<number, { received_ms: number; final_ms: number }>()
  for (const { prompt, received_ms, final_ms } of await gateway.turns()) {
    const [, n] = /answer (\d+)\.$/.exec(prompt.trim()) ?? []
    if (n !== undefined && final_ms !== null) turns.set(Number(n), { received_ms, final_ms })
  }
  const parts = asked.map((one) => partsOf(one, turns.get(one.n)))
  await Bun.sleep(REST_MS)
  const all = (part: keyof Parts, p: number) =>
    percentile(
      parts.map((one) => one[part]),
      p,
    )
  return {
    product: all('own_ms', 99),
    'product p50': all('own_ms', 50),
    'acknowledgement to gateway, p50': all('in_ms', 50),
    'acknowledgement to gateway, p99': all('in_ms', 99),
    'gateway to channel, p50': all('out_ms', 50),
    'gateway to channel, p99': all('out_ms', 99),
    'MiB before the questions': before / MIB,
    'MiB at rest after the questions': bridge.resident_bytes() / MIB,
  }
}

interface Parts {
  own_ms: number
  in_ms: number
  out_ms: number
}

function partsOf(asked: Asked, turn: { received_ms: number; final_ms: number } | undefined): Parts {
  if (!turn) throw new Error(`question ${asked.n} had no turn`)
  const in_ms = turn.received_ms - asked.acknowledged_ms
  const out_ms = asked.answered_ms - turn.final_ms
  return { own_ms: in_ms + out_ms, in_ms, out_ms }
}

/** The same questions, answered by the least that an agent can be: what server and machine take of the figure. */
async function answeredByEcho({ admin }: Product): Promise<Figures> {
  const agent = await addAgent(admin, `echo-${crypto.randomUUID().slice(0, 8)}`)
  const child = await startEcho(agent)
  try {
    const question = (n: number) => `@${agent.user.username} answer ${n}.`
    const channels = await warmedUp(admin, question)
    const asked = await ask(admin, channels, numbers(QUESTIONS), question)
    const took_ms = asked.map((one) => one.answered_ms - one.acknowledged_ms)
    return {
      'agent without bridge and gateway, p50': percentile(took_ms, 50),
      'agent without bridge and gateway, p99': percentile(took_ms, 99),
    }
  } finally {
    child.kill()
    await child.exited
  }
}

async function startEcho({ url, org, key, user }: Agent) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, '..', 'reference', 'echo-agent.ts')], {
    env: { PATH: process.env.PATH, URL: `${url}/api/v1/orgs/${org}`, KEY: key, NAME: user.username },
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const { done } = await child.stdout.getReader().read()
  if (done) throw new Error('The agent ended before its stream was open')
  return child
}

/** Channels with a session each: the first question of a session also reads the messages before it. */
async function warmedUp(admin: Product['admin'], question: (n: number) => string): Promise<string[]> {
  const channels = await openRooms(admin, `room-${crypto.randomUUID().slice(0, 8)}`, CHANNELS)
  await ask(admin, channels, numbers(CHANNELS * 2, QUESTIONS), question)
  return channels
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

export const bridge: Rows = { bridge: overhead }
