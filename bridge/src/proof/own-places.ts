import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { HealthAddressRefused, probeAddress } from '../health/server.ts'
import { StateLocked } from '../state/port.ts'
import { probeState } from '../state/probe.ts'
import { codeOf } from './network.ts'
import { type Found, Trouble } from './step.ts'

/** Whether a bridge has this state file in use, and whether it could be used. Throws `Trouble`. */
export function checkState(db_path: string): { running: boolean; found: string | Found } {
  const path = resolve(db_path)
  if (!existsSync(dirname(path))) return { running: false, found: newFolder(path) }
  try {
    const { damaged } = probeState(path)
    if (!damaged) return { running: false, found: `${path} can be written, and no bridge uses it.` }
    const detail = `${path} is damaged: the next start moves it aside and begins a new one.`
    return { running: false, found: { detail, todo: null } }
  } catch (error) {
    if (error instanceof StateLocked)
      return { running: true, found: `A bridge is running with ${path}: mc-bridge status` }
    if (error instanceof Error) throw new Trouble(error.message, null, error)
    throw error
  }
}

/** The first start makes the folder: whether it may. */
function newFolder(path: string): string {
  let folder = dirname(path)
  while (!existsSync(folder)) folder = dirname(folder)
  try {
    if (!statSync(folder).isDirectory()) throw new Trouble(`${folder} is not a folder.`, CHANGE)
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof Trouble) throw error
    throw new Trouble(`${folder} cannot be written (${codeOf(error)}).`, CHANGE, error)
  }
  return `${join(dirname(path), '/')} is made by the first start.`
}

const CHANGE = 'Give state.db_path another place, or run the bridge as a user that may write there.'

/** Whether the port for health is free; one of a running bridge is in use, as it should be. Throws `Trouble`. */
export function checkHealthAddress({ host, port }: Config['health'], running: boolean): string {
  const place = `${host}:${port}`
  if (running) return `${place} belongs to the running bridge.`
  try {
    probeAddress({ host, port })
    return `${place} is free.`
  } catch (error) {
    if (error instanceof HealthAddressRefused) throw new Trouble(error.message, null, error)
    throw error
  }
}
