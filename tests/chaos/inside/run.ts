import { randomFrom } from '../random.ts'
import { InsideCaller } from './callers.ts'
import { checkOrg } from './check.ts'
import { disturb } from './faults.ts'
import { openStage } from './stage.ts'
import { readStored } from './stored.ts'

export interface InsideOptions {
  seed: number
  minutes: number
  /** Closed loops in each org. */
  callers: number
  orgs: number
}

const PHASE_MS = 3_000
const REPORT_MS = 10_000
/** A caller gives up at the lane's deadline and sends again; without an answer for so long none will come. */
const SILENCE_MS_MAX = 120_000
const PROBLEMS_SHOWN = 20

/**
 * Closed loops that call the core in its own process, without sockets between, while connections are cut and PostgreSQL
 * is restarted. Returns the number of broken promises.
 */
export async function runInside({ seed, minutes, callers, orgs }: InsideOptions): Promise<number> {
  console.log(`chaos --inside: seed ${seed}, ${minutes} minutes, ${orgs} orgs with ${callers} callers each`)
  const stage = await openStage(orgs, callers)
  try {
    const started_at = performance.now()
    const going = () => performance.now() - started_at < minutes * 60_000
    // A batch that needs a transaction stops the lane from filling ahead: phases of messages alone keep that path busy.
    const plain = () => Math.floor((performance.now() - started_at) / PHASE_MS) % 2 === 0
    const loops = stage.orgs.flatMap((org, o) =>
      org.agents.map((agent, a) => new InsideCaller(stage, org, agent, randomFrom(seed + o * 1000 + a + 1))),
    )
    const answered = () => loops.reduce((sum, loop) => sum + loop.answered, 0)
    const report = setInterval(
      () =>
        console.log(`${answered()} calls answered, ${Math.round((performance.now() - started_at) / 1000)} s`),
      REPORT_MS,
    )
    const faults = disturb(stage.database, randomFrom(seed), going)
    await finished(Promise.all(loops.map((loop) => loop.run(going, plain))), answered)
    clearInterval(report)
    const { cut, restarts } = await faults

    const problems: string[] = []
    let events = 0
    for (const org of stage.orgs) {
      const stored = await readStored(stage.database.superuser, org)
      events += stored.events.length
      problems.push(...checkOrg(org.ledger, stored))
    }
    console.log(
      `${answered()} calls answered, ${events} events stored, ${cut} connections cut, ${restarts} restarts of PostgreSQL`,
    )
    for (const [what, times] of stage.failures) console.log(`  in the background: ${what}, ${times} times`)
    for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.log(`  BROKEN: ${problem}`)
    return problems.length
  } finally {
    await stage.stop()
  }
}

/** Waits for the loops, or until no call was answered for too long; those calls count as never answered. */
async function finished(loops: Promise<unknown>, answered: () => number): Promise<void> {
  let done = false
  const all = loops.then(() => {
    done = true
  })
  for (let last = -1, since = performance.now(); !done; ) {
    await Promise.race([all, Bun.sleep(1_000)])
    if (answered() !== last) {
      last = answered()
      since = performance.now()
    } else if (performance.now() - since > SILENCE_MS_MAX) return
  }
}
