import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Sends a signal to the embedded PostgreSQL of a data folder: SIGQUIT is an `immediate` shutdown, SIGINT a `fast` one. */
export function endPostgres(data_dir: string, signal: NodeJS.Signals): void {
  try {
    const file = readFileSync(join(data_dir, 'postgres', 'data', 'postmaster.pid'), 'utf8')
    process.kill(Number(file.split('\n')[0]), signal)
  } catch {
    // It ended a moment ago and is not back yet.
  }
}
