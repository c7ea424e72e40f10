import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plain } from '../../support/plain.ts'
import { check } from '../check.ts'
import type { StoredOrg } from '../history.ts'
import { randomFrom } from '../random.ts'
import { report } from '../report.ts'
import { readStored } from '../stored.ts'
import { caughtUp, openAudience, readPages } from './audience.ts'
import { carryOut, type Happened, longestWaits } from './faults.ts'
import { Load } from './load.ts'
import { scriptOf } from './script.ts'
import { openStage, type Stage } from './stage.ts'

export interface NodesOptions {
  seed: number
  faults: number
  /** How long an owner is paused. */
  pause_ms: number
  /** Folder for the logs of the nodes. */
  logs?: string
}

const HTTP_NODES = 3
/** Without HTTP, under Deno. */
const ACTORS_NODES = 1
const ORGS = 8
const WRITERS = 10
/** Inside each node without HTTP: two orgs each, so that all orgs are called there. */
const CALLERS = 4
const SOCKETS = 30
const STREAMS = 30
/** Without a fault nothing stays quiet for so long; only what is broken does. */
const SILENCE_MS_MAX = 90_000
const SLOWEST_SHOWN = 3

/**
 * Several nodes under load, with faults at nodes, Redis, PostgreSQL and clients. Everything heals, and what was acknowledged
 * and seen is compared with what is stored. Answers the number of broken promises.
 */
export async function runNodes({ seed, faults, pause_ms, logs }: NodesOptions): Promise<number> {
  console.log(
    `chaos: seed ${seed}, ${faults} faults, ${HTTP_NODES} nodes and ${ACTORS_NODES} without HTTP under Deno, ${ORGS} orgs, ${WRITERS} writers and ${CALLERS} callers`,
  )
  const script = scriptOf({ seed, faults, nodes: HTTP_NODES + ACTORS_NODES, orgs: ORGS, pause_ms })
  const stage = await openStage({ http_nodes: HTTP_NODES, actors_nodes: ACTORS_NODES, orgs: ORGS })
  try {
    await handOut(stage)
    const readers = openAudience(stage, SOCKETS, STREAMS, seed)
    const load = new Load(stage, { writers: WRITERS, callers: CALLERS }, seed)
    const happened = await carryOut(stage, script, randomFrom(seed + 1))
    console.log(`${load.acknowledged} acknowledged under faults; waiting for the rest`)
    await load.end(SILENCE_MS_MAX)
    const views = readers.map(({ view }) => view)
    await caughtUp(views, await readAll(stage), SILENCE_MS_MAX)
    for (const reader of readers) reader.stop()
    const pages = await readPages(stage, randomFrom(seed + 2))
    const history = { facts: load.facts, views: [...views, ...pages], stored: await readAll(stage) }
    const longest = longestWaits(happened, load.waits)
    for (const [kind, times] of count(happened.map((one) => one.kind)))
      console.log(`  ${times} × ${kind}: longest wait for an answer ${seconds(longest.get(kind) ?? 0)}`)
    for (const { mark, sent_at, acked_at } of load.waits
      .toSorted((a, b) => b.acked_at - b.sent_at - (a.acked_at - a.sent_at))
      .slice(0, SLOWEST_SHOWN))
      console.log(`  slow change: "${mark}" in ${seconds(acked_at - sent_at)}`)
    reportTries(stage, load, happened)
    console.log(`longest drain ${seconds(Math.max(...stage.nodes.map((node) => node.drained_ms_max)))}`)
    const broken = report(history, check(history))
    return broken + reportShares(stage, history.stored) + reportCrashes(stage)
  } finally {
    if (logs !== undefined) keepLogs(stage, logs, seed)
    await stage.stop()
  }
}

/** Answers by status, and the slowest of nodes that had no fault of their own meanwhile. */
function reportTries({ http_nodes: nodes }: Stage, { tries }: Load, happened: readonly Happened[]): void {
  const answers = [...count(tries.map(({ answer }) => answer))].map(
    ([answer, times]) => `${times} × ${answer}`,
  )
  console.log(`requests over REST: ${answers.join(', ')}`)
  const slowest = tries
    .filter(
      ({ url, began_at, ended_at }) => !nodes.find((node) => node.url === url)?.wasAway(began_at, ended_at),
    )
    .toSorted((a, b) => b.ended_at - b.began_at - (a.ended_at - a.began_at))
  for (const { url, began_at, ended_at, answer } of slowest.slice(0, SLOWEST_SHOWN)) {
    const at = nodes.find((node) => node.url === url)?.id
    const after = happened.findLast((one) => one.began_at < ended_at)
    const since = after ? `${seconds(began_at - after.began_at)} after "${after.kind}"` : ''
    console.log(`  slow at running ${at}: ${answer} in ${seconds(ended_at - began_at)}, sent ${since}`)
  }
}

/** Frees the orgs of the node that founded them, and gives each node its share of them. */
async function handOut({ http_nodes, nodes, orgs }: Stage): Promise<void> {
  await http_nodes[0]!.roll()
  for (const [o, org] of orgs.entries()) await nodes[o % nodes.length]!.take(org)
}

/** What each node owned and stored as the owner. Answers the number of nodes without HTTP that had no share. */
function reportShares({ nodes, actors_nodes }: Stage, stored: readonly StoredOrg[]): number {
  const idle = new Set<string>()
  for (const { id } of nodes) {
    const taken = stored.map(({ takes }) => takes.filter(({ node }) => node === id).length)
    const events = stored.flatMap(({ writes }) => writes).filter(({ node }) => node === id).length
    const epochs = taken.reduce((sum, count) => sum + count, 0)
    const inside = actors_nodes.find((node) => node.id === id)
    const acknowledged = inside ? `, ${inside.acknowledged} messages acknowledged to callers inside it` : ''
    console.log(
      `  ${id} owned ${taken.filter(Boolean).length} orgs in ${epochs} epochs, ${events} events stored${acknowledged}`,
    )
    if (inside && (events === 0 || inside.acknowledged === 0)) idle.add(id)
  }
  for (const id of idle) console.log(`  BROKEN ${id} had no share of the orgs`)
  return idle.size
}

function reportCrashes({ nodes }: Stage): number {
  for (const { id, crashes } of nodes)
    if (crashes > 0) console.log(`  BROKEN ${id} ended ${crashes} times by itself`)
  return nodes.reduce((sum, { crashes }) => sum + crashes, 0)
}

export async function readAll({ database, orgs }: Stage): Promise<StoredOrg[]> {
  const sql = plain(database.owner)
  try {
    const stored: StoredOrg[] = []
    for (const { id } of orgs) stored.push(await readStored(sql, id))
    return stored
  } finally {
    await sql.end()
  }
}

export function keepLogs({ nodes }: Stage, folder: string, seed: number): void {
  mkdirSync(folder, { recursive: true })
  for (const node of nodes) writeFileSync(join(folder, `${seed}-${node.id}.log`), node.log())
}

function count<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
