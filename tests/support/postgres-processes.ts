import { expect } from 'bun:test'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** Programs of PostgreSQL that work on a data folder: in it, or through an inherited descriptor. */
export function postgresProcesses(data_dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
        if (name !== 'postgres' && name !== 'initdb') return false
        return ['cwd', 'fd/3'].some((link) => linkOf(pid, link).startsWith(join(data_dir, 'postgres')))
      } catch {
        // It ended meanwhile.
        return false
      }
    })
}

function linkOf(pid: number, link: string): string {
  try {
    return readlinkSync(`/proc/${pid}/${link}`)
  } catch {
    // It has none.
    return ''
  }
}

/** An interrupted PostgreSQL ends with a checkpoint, so it may outlive its server for a moment. */
export async function expectNoPostgres(data_dir: string): Promise<void> {
  const give_up_at = Date.now() + 30_000
  while (postgresProcesses(data_dir).length > 0 && Date.now() < give_up_at) await Bun.sleep(20)
  expect(postgresProcesses(data_dir)).toEqual([])
}
