import { type Agent, addAgent, generalChannel, type Person } from '../../tests/support/client.ts'
import { percentile } from '../lib.ts'
import { callsAtRate, loopBlockedMs } from '../load/calls.ts'
import { type FloodResult, startFlood } from '../load/flood.ts'
import { anotherOrg, type Product, raiseLimits, startProduct } from '../product.ts'
import type { Figures, Row, Rows } from '../row.ts'

/** Five times what an org sustains by REST on two cores. */
const FLOOD_PER_SECOND = 15_000
/** So many that the flood does not wait for its answers. */
const FLOOD_CONNECTIONS = 2_000
/** Of the other org: every fourth call posts, the others read. */
const CALLS_PER_SECOND = 100
/** Agents of either org; those of the other org stay below their rate. */
const AGENTS = 20
const MARGIN_S = 1
/** Different requests of the flood. */
const REQUESTS = 500

interface Org {
  agents: Agent[]
  /** Where messages of a channel are read and posted. */
  path: string
}

async function agentsOf(admin: Person): Promise<Org> {
  await raiseLimits(admin)
  const agents: Agent[] = []
  for (let n = 0; n < AGENTS; n++) agents.push(await addAgent(admin, `agent-${n}`))
  const { id } = await generalChannel(admin)
  // The first use of a key costs a fifth of a second of a processor, in every measurement but this one.
  for (const agent of agents) await agent.in('GET', '/users/me')
  return { agents, path: `/api/v1/orgs/${admin.org}/channels/${id}/messages` }
}

const bodyOf = (n: number) => JSON.stringify({ content: `Message ${n}` })

/** Calls of a quiet org at a fixed rate, in milliseconds. */
const quietCalls = ({ admin }: Product, { agents, path }: Org, seconds: number): Promise<number[]> =>
  callsAtRate(CALLS_PER_SECOND, seconds, (n) => {
    const headers = { ...agents[n % AGENTS]!.headers, 'Content-Type': 'application/json' }
    return {
      url: admin.url + path,
      init: n % 4 === 0 ? { method: 'POST', headers, body: bodyOf(n) } : { headers },
    }
  })

function flood(product: Product, { agents, path }: Org, seconds: number): Promise<FloodResult> {
  const requests = Array.from({ length: REQUESTS }, (_, n) => {
    const lines = [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      `Authorization: ${agents[n % AGENTS]!.headers.Authorization}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(bodyOf(n))}`,
    ]
    return `${lines.join('\r\n')}\r\n\r\n${bodyOf(n)}`
  })
  return startFlood({
    ...{ port: product.server.port, requests, connections: FLOOD_CONNECTIONS },
    ...{ per_second: FLOOD_PER_SECOND, seconds },
  })
}

async function measure(product: Product, seconds: number): Promise<Figures> {
  const loud = await agentsOf(product.admin)
  const quiet = await agentsOf(await anotherOrg(product.admin, 'quiet'))
  await quietCalls(product, quiet, 1)
  const alone = await quietCalls(product, quiet, seconds)
  const flooding = flood(product, loud, seconds + 2 * MARGIN_S)
  await Bun.sleep(MARGIN_S * 1000)
  await loopBlockedMs(product)
  const flooded = await quietCalls(product, quiet, seconds)
  const blocked = await loopBlockedMs(product)
  const { rate, cpu_share, statuses } = await flooding
  const answers = Object.entries(statuses).map(([status, n]) => [
    `the flood was answered ${status}, times`,
    n,
  ])
  return {
    product: percentile(flooded, 99) / percentile(alone, 99),
    'p50 without, ms': percentile(alone, 50),
    'p50 during, ms': percentile(flooded, 50),
    'p99 without, ms': percentile(alone, 99),
    'p99 during, ms': percentile(flooded, 99),
    'answers to the flood per second': rate,
    ...Object.fromEntries(answers),
    'share of a core that the flood takes itself': cpu_share,
    'event loop blocked, ms': blocked,
  }
}

/** On a server of its own: the limits of the others are off. */
const row = (limits: 'on' | 'off', judge: Row['judge']): Row => ({
  name: `p99 of an org's calls while another org posts ${FLOOD_PER_SECOND.toLocaleString('en-US')} messages/s, rate limits ${limits}, by that without`,
  unit: '×',
  judge,
  async run(_, seconds) {
    const product = await startProduct({ MC_RATE_LIMITS: limits })
    try {
      return await measure(product, seconds)
    } finally {
      await product.stop()
    }
  },
})

export const neighbours: Rows = {
  neighbour: row('on', [{ at_most: 2, goal: 1.5 }]),
  'neighbour-unlimited': row('off', []),
}
