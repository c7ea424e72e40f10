/**
 * `bun scripts/wire-lock.ts "<what changed>"` records in `src/contracts/wire.lock` that the wire changed on purpose. Each
 * line is a version, the hash of all wire schemas from then on, and a note; a test compares the last one.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLOSE } from '../src/contracts/close-codes.ts'
import { ERROR_STATUS, ErrorBody } from '../src/contracts/errors.ts'
import { EventEnvelope, StreamEnvelope } from '../src/contracts/events.ts'
import { ClientFrame, ServerFrame } from '../src/contracts/frames.ts'
import * as requests from '../src/contracts/requests.ts'
import * as resources from '../src/contracts/resources.ts'
import { SearchAnswer } from '../src/contracts/search.ts'
import { DEFAULT_SETTINGS, OrgSettings } from '../src/contracts/settings.ts'
import { API_VERSION } from '../src/contracts/version.ts'

const LOCK = join(import.meta.dir, '..', 'src', 'contracts', 'wire.lock')

/** Everything that both ends of the wire must agree on. */
const WIRE = {
  resources: { ...resources },
  requests: { ...requests },
  events: { EventEnvelope, StreamEnvelope },
  frames: { ClientFrame, ServerFrame, CLOSE },
  errors: { ErrorBody, ERROR_STATUS },
  settings: { OrgSettings, DEFAULT_SETTINGS },
  search: { SearchAnswer },
}

/** Of no effect on the wire. */
const ANNOTATIONS = new Set(['title', 'description', 'examples'])

/** SHA-256 of the wire schemas, independent of order and annotations. */
export function wireHash(wire: unknown = WIRE): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(wire)))
    .digest('hex')
}

function canonical(value: unknown, names_only = false): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    // `description` is an annotation of a schema, and the name of a field below `properties`.
    .filter(([key]) => names_only || !ANNOTATIONS.has(key))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [
      key,
      key === 'required' && Array.isArray(item) ? item.toSorted() : canonical(item, key === 'properties'),
    ])
  return Object.fromEntries(entries)
}

export interface LockedWire {
  version: string
  hash: string
  note: string
}

/** The lines of the lock, oldest first. */
export function lockedWires(): LockedWire[] {
  return readFileSync(LOCK, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, version = '', hash = '', note = ''] = /^(\S+) (\S+) (.+)$/.exec(line) ?? []
      return { version, hash, note }
    })
}

if (import.meta.main) {
  const note = process.argv.slice(2).join(' ').trim()
  const lines = lockedWires()
  if (lines.at(-1)?.hash === wireHash()) console.log('The wire is as the lock says.')
  else if (note === '') throw new Error('Say what changed: bun scripts/wire-lock.ts "<what changed>"')
  else appendFileSync(LOCK, `${API_VERSION}.${lines.length + 1} ${wireHash()} ${note}\n`)
}
