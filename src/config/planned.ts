import type { PlannedRow, Reader } from './reader.ts'

/**
 * Settings of features that are not built yet. A value is refused at start: a node that ignored `MC_REDIS_URL` would lose
 * the live events of the others. A setting moves to settings.ts together with the code that reads it.
 */
const PLANNED: Readonly<Record<string, PlannedRow>> = {
  MC_REDIS_URL: { kind: 'URL with redis:// or rediss://', doc: 'Joins several nodes.' },
  MC_LEASE_MS: { kind: 'whole number', doc: 'Lifetime of a node in the directory of several nodes.' },
}

export function readPlanned(read: Reader): void {
  for (const [name, row] of Object.entries(PLANNED)) read.planned(name, row)
}
