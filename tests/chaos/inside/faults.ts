import type { OwnDatabase } from '../../support/database.ts'
import { endPostgres } from '../../support/end-postgres.ts'
import { pick, type Random } from '../random.ts'

const PAUSE_MS_MIN = 200
const PAUSE_MS_MAX = 2_500
/** `immediate` shutdown, crash, `fast` shutdown. The supervisor of the embedded PostgreSQL starts it again. */
const ENDINGS = ['SIGQUIT', 'SIGKILL', 'SIGINT'] as const

export interface Faults {
  cut: number
  restarts: number
}

/** Cuts connections (two times of three) or ends PostgreSQL, at times that follow from the generator. */
export async function disturb(database: OwnDatabase, random: Random, going: () => boolean): Promise<Faults> {
  const faults: Faults = { cut: 0, restarts: 0 }
  for (;;) {
    await Bun.sleep(PAUSE_MS_MIN + random() * (PAUSE_MS_MAX - PAUSE_MS_MIN))
    if (!going()) return faults
    if (random() < 2 / 3) faults.cut += await cutConnections(database, random)
    else {
      endPostgres(database.data_dir, pick(random, ENDINGS))
      faults.restarts++
    }
  }
}

/** A random share of the program's connections, from one to all of them. */
async function cutConnections({ superuser }: OwnDatabase, random: Random): Promise<number> {
  try {
    const cut = await superuser`
      select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'mc_app' and hashtext(pid::text || ${String(random())}) % 4 < ${Math.floor(random() * 4)}`
    return cut.length
  } catch {
    // PostgreSQL is on its way back after a restart: there is nothing to cut.
    return 0
  }
}
