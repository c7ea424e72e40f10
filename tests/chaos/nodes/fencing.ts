import { check } from '../check.ts'
import type { Fact } from '../history.ts'
import { type Random, randomFrom } from '../random.ts'
import { SseReader, WsReader } from '../readers.ts'
import { report } from '../report.ts'
import type { Target } from '../target.ts'
import { RestWriter, type Try, type Writer } from '../writers.ts'
import { caughtUp } from './audience.ts'
import { CallWriter } from './call-writer.ts'
import type { ActorsNode, ChaosNode, HttpNode } from './node.ts'
import { type ChaosOrg, channelsOf } from './orgs.ts'
import { keepLogs, readAll } from './run.ts'
import { openStage, type Stage, targetOf } from './stage.ts'

export interface FencingOptions {
  seed: number
  rounds: number
  /** Folder for the logs of the nodes. */
  logs?: string
}

const HTTP_NODES = 3
/** Without HTTP, under Deno: the owner of each third round. */
const ACTORS_NODES = 1
const ROUNDS_OF_ACTORS = 3
const ORGS = 3
const LEASE_MS = 2_000
/** The owner stays paused for so long beyond its lease. */
const BEYOND_LEASE_MS = 500
/** Calls under way at the owner when it is paused. */
const UNDER_WAY = 12
/** Acknowledged by the other nodes while it is paused. */
const MEANWHILE = 20
const SILENCE_MS_MAX = 90_000

/** What the rounds saw. */
interface Figures {
  /** First answers to the calls that were under way at the paused owner, by status. */
  late: Map<string, number>
  /** Rounds in which another node took the org. */
  taken: number
  takeover_ms: number[]
}

/**
 * Owners that are paused beyond their lease with writes under way, and come back after another node has taken the org and
 * acknowledged writes. Answers the number of broken promises: stale writes, lost or doubled facts, streams that do not heal.
 */
export async function runFencing({ seed, rounds, logs }: FencingOptions): Promise<number> {
  console.log(`chaos --fencing: seed ${seed}, ${rounds} rounds, a lease of ${LEASE_MS} ms`)
  const random = randomFrom(seed)
  const stage = await openStage({
    http_nodes: HTTP_NODES,
    actors_nodes: ACTORS_NODES,
    orgs: ORGS,
    env: { MC_LEASE_MS: String(LEASE_MS) },
  })
  try {
    // Each client stays at one node, so that every round has some at the paused one.
    const readers = stage.http_nodes.flatMap((node, n) =>
      stage.orgs.flatMap((org) => {
        const target = at(node, targetOf(stage, org, true, random))
        const channels = channelsOf(org, true)
        return [
          new WsReader(`socket at n${n} of ${org.slug}`, target, channels),
          new SseReader(`stream at n${n} of ${org.slug}`, target, channels),
        ]
      }),
    )
    const facts: Fact[] = []
    const figures: Figures = { late: new Map(), taken: 0, takeover_ms: [] }
    for (let r = 0; r < rounds; r++)
      facts.push(
        ...(await round(stage, stage.orgs[Math.floor(r / ROUNDS_OF_ACTORS) % ORGS]!, r, random, figures)),
      )
    const views = readers.map(({ view }) => view)
    await caughtUp(views, await readAll(stage), SILENCE_MS_MAX)
    for (const reader of readers) reader.stop()
    const history = { facts, views, stored: await readAll(stage) }
    const broken = check(history)
    const stale = broken.filter(({ promise }) => promise === 'fencing').length
    console.log(`${rounds} rounds, ${figures.taken} takeovers, ${stale} stale writes`)
    const slowest = Math.max(0, ...figures.takeover_ms)
    console.log(`slowest first acknowledgement after the pause began: ${(slowest / 1000).toFixed(1)} s`)
    console.log(`${await fencedLanes(stage)} lanes fenced`)
    for (const [answer, times] of figures.late)
      console.log(`  calls under way at the pause: ${times} × ${answer}`)
    const untaken = rounds - figures.taken
    if (untaken > 0) console.log(`  BROKEN in ${untaken} rounds no other node took the org`)
    return report(history, broken) + untaken
  } finally {
    if (logs !== undefined) keepLogs(stage, logs, seed)
    await stage.stop()
  }
}

async function round(
  stage: Stage,
  org: ChaosOrg,
  r: number,
  random: Random,
  figures: Figures,
): Promise<Fact[]> {
  const name = `round ${r}`
  const client = targetOf(stage, org, true, random)
  const [channel_id = ''] = org.open_channels
  const facts: Fact[] = []
  const fact = (mark: string, kind: 'message' | 'task' = 'message'): Fact => {
    const made: Fact = {
      ...{ org_id: org.id, kind, mark, acks: [] },
      channel_id: kind === 'message' ? channel_id : null,
    }
    facts.push(made)
    return made
  }
  // There is an owner once something was written.
  await new RestWriter(client).send(fact(`${name} before`))
  const inside = r % ROUNDS_OF_ACTORS === ROUNDS_OF_ACTORS - 1 ? stage.actors_nodes[0] : undefined
  const note = lateNote(figures)
  let owner: ChaosNode
  let busy: Writer
  if (inside) {
    owner = inside
    busy = new CallWriter(inside, org.principals.inside, new RestWriter(client), note)
    await handTo(inside, stage, org, busy, (n) => fact(`${name} handed over ${n}`))
  } else {
    const taker = await stage.ownerOf(org.id)
    const http_owner = stage.http_nodes.find((node) => node === taker) ?? stage.http_nodes[0]!
    owner = http_owner
    busy = new RestWriter(at(http_owner, client), note)
  }
  const others = stage.http_nodes.filter((node) => node !== owner)
  // A task takes a transaction of several round trips, so that some owners are paused inside of one.
  const next = (n: number, l: number) =>
    fact(`${name} under way ${l}.${n}`, l % 3 === 0 && !inside ? 'task' : 'message')
  const going = keepBusy(busy, next)
  // At another moment of the owner's batches each time.
  await Bun.sleep(20 + random() * 200)
  const paused_at = performance.now()
  const pause = Promise.withResolvers<void>()
  const resumed = owner.pauseUntil(() => pause.promise)
  await Bun.sleep(0)
  let first_ms = 0
  await Promise.all(
    Array.from({ length: MEANWHILE }, async (_, i) => {
      await new RestWriter(at(others[i % others.length]!, client)).send(fact(`${name} meanwhile ${i}`))
      first_ms ||= performance.now() - paused_at
    }),
  )
  figures.takeover_ms.push(first_ms)
  if ((await stage.ownerOf(org.id)) !== owner) figures.taken++
  await Bun.sleep(Math.max(0, LEASE_MS + BEYOND_LEASE_MS - (performance.now() - paused_at)))
  pause.resolve()
  await resumed
  // It learns that it lost the org while its callers still send.
  await Bun.sleep(100 + random() * 300)
  await going.end()
  return facts
}

/** As the nodes themselves count them. */
async function fencedLanes({ http_nodes }: Stage): Promise<number> {
  const counts = http_nodes.map(async ({ server }) => {
    const text = await (await fetch(`${server.url}/metrics`)).text()
    return Number(/^mc_lanes_fenced_total (\d+)/m.exec(text)?.[1] ?? 0)
  })
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
}

function at(node: HttpNode, target: Target): Target {
  return { ...target, url: () => node.url }
}

/** Makes a node without HTTP the owner: an org without an entry goes to the node that calls it next. */
async function handTo(
  node: ActorsNode,
  { redis, ownerOf }: Stage,
  { id }: ChaosOrg,
  writer: Writer,
  fact: (n: number) => Fact,
): Promise<void> {
  for (let n = 0; (await ownerOf(id)) !== node; n++) {
    await redis.cli('del', `mc:owner:${id}`)
    await writer.send(fact(n))
  }
}

function lateNote({ late }: Figures): (one: Try) => void {
  return ({ began_at, ended_at, answer }) => {
    if (ended_at - began_at >= LEASE_MS) late.set(answer, (late.get(answer) ?? 0) + 1)
  }
}

/** Callers of one node, each with one call after the other. */
function keepBusy(writer: Writer, next: (n: number, loop: number) => Fact) {
  let going = true
  const loops = Array.from({ length: UNDER_WAY }, async (_, l) => {
    for (let n = 0; going; n++) await writer.send(next(n, l))
  })
  return {
    async end() {
      going = false
      await Promise.all(loops)
    },
  }
}
