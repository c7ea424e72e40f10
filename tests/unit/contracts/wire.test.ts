import { expect, test } from 'bun:test'
import { lockedWires, wireHash } from '../../../scripts/wire-lock.ts'
import { Task } from '../../../src/contracts/resources.ts'
import { Closed, Text } from '../../../src/contracts/schema.ts'
import { API_VERSION } from '../../../src/contracts/version.ts'

const CHANGED = `The wire schemas changed: what clients of the last version send or expect may not fit any more.
If that was not meant, change it back. If it was, say what changed:

  bun scripts/wire-lock.ts "<what changed, in one line>"

and put it into CHANGELOG.md when clients have to know. A change that breaks clients raises API_VERSION first.`

test('W4 a change of the wire comes with a version and a note', () => {
  const last = lockedWires().at(-1)
  if (last?.hash !== wireHash()) throw new Error(CHANGED)
  expect(last.version.startsWith(`${API_VERSION}.`)).toBe(true)
})

test('the lock lists versions once, each with a hash and a note', () => {
  const lines = lockedWires()
  expect(new Set(lines.map(({ version }) => version)).size).toBe(lines.length)
  for (const { version, hash, note } of lines) {
    expect(version).toMatch(/^\d{4}\.\d+\.\d+$/)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(note.length).toBeGreaterThan(5)
  }
})

test('the hash sees bounds and fields, and neither their order nor their descriptions', () => {
  const one = Closed({ a: Text(5), description: Text(5) })
  expect(wireHash(Closed({ description: Text(5, { description: 'words' }), a: Text(5) }))).toBe(wireHash(one))
  expect(wireHash(Closed({ a: Text(6), description: Text(5) }))).not.toBe(wireHash(one))
  expect(wireHash(Closed({ a: Text(5) }))).not.toBe(wireHash(one))
  expect(wireHash(Task)).toMatch(/^[0-9a-f]{64}$/)
})
