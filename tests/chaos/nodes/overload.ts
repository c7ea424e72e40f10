import { join } from 'node:path'
import { rssOf } from '../../support/server.ts'
import { check } from '../check.ts'
import type { Broken, Fact, StoredOrg } from '../history.ts'
import { randomFrom } from '../random.ts'
import { SseReader, WsReader } from '../readers.ts'
import { report } from '../report.ts'
import { RestWriter } from '../writers.ts'
import { caughtUp } from './audience.ts'
import { channelsOf } from './orgs.ts'
import type { OverloadPlan, OverloadResult } from './overload-client.ts'
import { keepLogs, readAll } from './run.ts'
import { openStage, type Stage, targetOf } from './stage.ts'

export interface OverloadOptions {
  seed: number
  seconds: number
  /** Folder for the logs of the nodes. */
  logs?: string
}

const NODES = 2
const CALLERS = 32
const SUSTAINED_S = 10
const FACTOR = 5
/**
 * Of one node beyond its memory under the sustained load: it holds 10,000 connections of the client, each with a request, at
 * about 40 KiB.
 */
const GROWTH_MIB_MAX = 512
/** Of the second half of the time beyond the first: what is bounded does not go on growing. */
const LATE_GROWTH_MIB_MAX = 64
const RECOVERY_MS_MAX = 5_000
const SILENCE_MS_MAX = 90_000
/** The client would hold back what is beyond its bound of open connections. */
const CONNECTIONS_MAX = '20000'

/**
 * Offers five times the rate that two nodes sustain for one org. Memory stays bounded, what is refused says when to come
 * back and is not stored, and the service answers again within five seconds of the end. Answers the number of broken
 * promises.
 */
export async function runOverload({ seed, seconds, logs }: OverloadOptions): Promise<number> {
  console.log(`chaos --overload: ${seconds} s, ${NODES} nodes`)
  const stage = await openStage({ http_nodes: NODES, orgs: 1 })
  try {
    const [org] = stage.orgs
    if (!org) throw new Error('no org')
    const target = targetOf(stage, org, true, randomFrom(seed))
    const channels = channelsOf(org, true)
    const readers = [new WsReader('socket', target, channels), new SseReader('stream', target, channels)]
    const plan: Omit<OverloadPlan, 'name' | 'seconds'> = {
      // Past the proxies of the chaos nodes: nothing is cut here.
      urls: stage.http_nodes.map(({ server }) => `http://127.0.0.1:${server.port}`),
      ...{ org: org.slug, headers: target.headers, channels },
    }
    const runs = [await offer({ ...plan, name: 'warm', callers: CALLERS, seconds: SUSTAINED_S / 2 })]
    const sustained = await offer({ ...plan, name: 'sustained', callers: CALLERS, seconds: SUSTAINED_S })
    const rate = sustained.acks.length / sustained.seconds
    console.log(`sustained: ${Math.round(rate)} acknowledged/s by ${CALLERS} callers`)

    const memory = watchMemory(stage, (seconds * 1_000) / 2)
    const offering = offer({ ...plan, name: 'over', rate: rate * FACTOR, seconds })
    await Bun.sleep(seconds * 1_000)
    const ended_at = performance.now()
    const probe: Fact = { org_id: org.id, kind: 'message', mark: 'probe', channel_id: channels[0]!, acks: [] }
    await new RestWriter(target).send(probe)
    const recovered_ms = performance.now() - ended_at
    const over = await offering
    const { grown_mib, late_mib } = memory.end()
    runs.push(sustained, over)
    describe(over, rate, grown_mib, recovered_ms)
    console.log(`it grew by ${Math.round(late_mib)} MiB in the second half`)

    const views = readers.map(({ view }) => view)
    await caughtUp(views, await readAll(stage), SILENCE_MS_MAX)
    for (const reader of readers) reader.stop()
    const stored = await readAll(stage)
    const { facts, broken } = factsOf(runs, stored[0]!, channels)
    const history = { facts: [...facts, probe], views, stored }
    const total = report(history, [...broken, ...check(history)])
    const failures = [
      ...(over.without_retry_after > 0 ? [`${over.without_retry_after} refusals without Retry-After`] : []),
      ...(grown_mib > GROWTH_MIB_MAX ? [`memory grew by more than ${GROWTH_MIB_MAX} MiB`] : []),
      ...(late_mib > LATE_GROWTH_MIB_MAX
        ? [`memory went on growing, by more than ${LATE_GROWTH_MIB_MAX} MiB`]
        : []),
      ...(recovered_ms > RECOVERY_MS_MAX ? [`no answer within ${RECOVERY_MS_MAX} ms of the end`] : []),
    ]
    for (const failure of failures) console.log(`  BROKEN ${failure}`)
    return total + failures.length
  } finally {
    if (logs !== undefined) keepLogs(stage, logs, seed)
    await stage.stop()
  }
}

async function offer(plan: OverloadPlan): Promise<OverloadResult & { name: string }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'overload-client.ts')], {
    env: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: CONNECTIONS_MAX },
    stdin: new Blob([JSON.stringify(plan)]),
    stdout: 'pipe',
    stderr: 'inherit',
  })
  return { name: plan.name, ...(JSON.parse(await new Response(child.stdout).text()) as OverloadResult) }
}

function describe(
  { sent, seconds, acks, answers }: OverloadResult,
  rate: number,
  grown_mib: number,
  recovered_ms: number,
): void {
  const offered = sent / seconds
  console.log(
    `offered: ${Math.round(offered)}/s, ${(offered / rate).toFixed(1)} times as much; ${Math.round(acks.length / seconds)} acknowledged/s`,
  )
  for (const [answer, times] of Object.entries(answers)) console.log(`  ${times} × ${answer}`)
  console.log(
    `a node grew by ${Math.round(grown_mib)} MiB at the most; the first answer after the end came in ${Math.round(recovered_ms)} ms`,
  )
}

/** Growth of the node that grows most, in MiB. */
function watchMemory(
  { http_nodes }: Stage,
  half_ms: number,
): { end(): { grown_mib: number; late_mib: number } } {
  const before = http_nodes.map(({ server }) => rssOf(server.pid))
  const began_at = performance.now()
  let most = 0
  let most_early = 0
  const look = () => {
    http_nodes.forEach(({ server }, n) => {
      most = Math.max(most, rssOf(server.pid) - before[n]!)
    })
    if (performance.now() - began_at < half_ms) most_early = most
  }
  const timer = setInterval(look, 500)
  return {
    end() {
      clearInterval(timer)
      look()
      return { grown_mib: most, late_mib: most - most_early }
    },
  }
}

/** Everything that was acknowledged, and what has an unknown outcome and is stored. What was refused must not be. */
function factsOf(
  runs: readonly (OverloadResult & { name: string })[],
  { org_id, channels: rows }: StoredOrg,
  channels: readonly string[],
): { facts: Fact[]; broken: Broken[] } {
  const stored = new Map(
    [...rows].flatMap(([, messages]) => messages.map((one) => [one.content, one] as const)),
  )
  const facts: Fact[] = []
  const broken: Broken[] = []
  for (const { name, sent, acks, refused } of runs) {
    const acknowledged = new Map(acks.map(([n, id, seq]) => [n, { id, number: seq }]))
    for (const n of refused)
      if (stored.has(`${name} ${n}`))
        broken.push({ promise: 'invented', what: `org ${org_id}: "${name} ${n}" was refused and is stored` })
    for (let n = 0; n < sent; n++) {
      const mark = `${name} ${n}`
      const row = stored.get(mark)
      const ack = acknowledged.get(n) ?? (row && { id: row.id, number: row.seq })
      const channel_id = channels[n % channels.length] ?? null
      if (ack) facts.push({ org_id, kind: 'message', mark, channel_id, acks: [ack] })
    }
  }
  return { facts, broken }
}
