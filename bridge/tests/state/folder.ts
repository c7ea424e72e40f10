import { afterEach } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openState, type StateOptions } from '../../src/state/open.ts'
import type { State } from '../../src/state/port.ts'

/** A folder for each test, with the states that were opened in it closed and everything removed at its end. */
export function stateFolder() {
  const folders: string[] = []
  const states: State[] = []
  afterEach(() => {
    for (const state of states.splice(0)) state.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  return {
    file(): string {
      const folder = mkdtempSync(join(tmpdir(), 'mc-bridge-state-'))
      folders.push(folder)
      return join(folder, 'state.db')
    },
    open(path: string, options: StateOptions = {}): State {
      const state = openState(path, options)
      states.push(state)
      return state
    },
  }
}
