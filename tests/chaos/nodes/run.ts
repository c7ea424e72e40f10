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

const NODES = 3
const ORGS = 8
const WRITERS = 10
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
  console.log(`chaos: seed ${seed}, ${faults} faults, ${NODES} nodes, ${ORGS} orgs, ${WRITERS} writers`)
  const script = scriptOf({ seed, faults, nodes: NODES, orgs: ORGS, pause_ms })
  const stage = await openStage({ nodes: NODES, orgs: ORGS })
  try {
    const readers = openAudience(stage, SOCKETS, STREAMS, seed)
    const load = new Load(stage, WRITERS, seed)
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
    reportTries(stage, load, happened)
    console.log(`longest drain ${seconds(Math.max(...stage.nodes.map((node) => node.drained_ms_max)))}`)
    return report(history, check(history))
  } finally {
    if (logs !== undefined) keepLogs(stage, logs, seed)
    await stage.stop()
  }
}

/** Answers by status, and the slowest of nodes that had no fault of their own meanwhile. */
function reportTries({ nodes }: Stage, { tries }: Load, happened: readonly Happened[]): void {
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
  for (const { id, server } of nodes) writeFileSync(join(folder, `${seed}-${id}.log`), server.log())
}

function count<T>(all: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>()
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1)
  return counts
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
