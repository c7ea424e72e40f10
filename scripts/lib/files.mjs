import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './processes.mjs'

/** Records of the preparation. Inside node_modules: removing the dependencies removes the records. */
export const RECORDS = join(ROOT, 'node_modules', '.mission-control')

/** True when step `name` was completed from exactly these inputs. */
export function isDone(name, inputs) {
  const file = join(RECORDS, name)
  return existsSync(file) && readFileSync(file, 'utf8') === inputs
}

/** Records a completed step; renamed into place, so that a kill leaves no half-written record. */
export function recordDone(name, inputs) {
  mkdirSync(RECORDS, { recursive: true })
  const fresh = join(RECORDS, `${name}.${process.pid}.new`)
  writeFileSync(fresh, inputs)
  renameSync(fresh, join(RECORDS, name))
}

/** Call before a step changes anything: after a kill in the middle the old record would be wrong. */
export function forgetDone(name) {
  rmSync(join(RECORDS, name), { force: true })
}

/** A hash over the contents of files and folders below the checkout; a missing one counts as empty. */
export function hashOf(paths) {
  const hash = createHash('sha256')
  const add = (path) => {
    const file = join(ROOT, path)
    const entries = existsSync(file) ? entriesOf(file) : []
    if (entries === undefined) hash.update(`${path}\0`).update(readFileSync(file))
    else for (const name of entries) add(`${path}/${name}`)
  }
  for (const path of paths) add(path)
  return hash.digest('hex')
}

/** Names in a folder; undefined when the path is a file. */
function entriesOf(path) {
  try {
    return readdirSync(path).sort()
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}
