import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkHealthAddress, checkState } from '../../src/proof/own-places.ts'
import { openState } from '../../src/state/open.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-places-'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const path = () => join(folder, 'state.db')

describe('the state file', () => {
  test('that is not there yet, with its folder, is left so', () => {
    const far = join(folder, 'a', 'b', 'state.db')
    expect(checkState(far).found).toContain('is made by the first start')
    expect(existsSync(join(folder, 'a'))).toBe(false)
  })

  test('below a file is a trouble', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => checkState(join(folder, 'file', 'b', 'state.db'))).toThrow('is not a folder')
  })

  test('of a bridge that does not run is free', () => {
    openState(path()).close()
    expect(checkState(path())).toEqual({
      running: false,
      found: `${path()} can be written, and no bridge uses it.`,
    })
  })

  test('of a running bridge says so, and is no trouble', () => {
    const state = openState(path())
    expect(checkState(path())).toEqual({
      running: true,
      found: `A bridge is running with ${path()}: mc-bridge status`,
    })
    state.close()
  })

  test('that is damaged is told, and stays where it is', () => {
    writeFileSync(path(), 'no database at all, but long enough to be looked at '.repeat(20))
    const before = readFileSync(path())
    expect(checkState(path()).found).toMatchObject({ detail: expect.stringContaining('is damaged') })
    expect(readFileSync(path())).toEqual(before)
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([])
  })
})

describe('the port for health', () => {
  test('is free or in use', async () => {
    const other = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
    const address = { host: '127.0.0.1', port: other.port ?? 0 }
    expect(() => checkHealthAddress(address, false)).toThrow('is in use')
    expect(checkHealthAddress(address, true)).toContain('belongs to the running bridge')
    await other.stop(true)
    expect(checkHealthAddress(address, false)).toContain('is free')
  })
})
