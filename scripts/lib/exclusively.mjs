import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_MS = 100

/**
 * Runs a step that changes files of the checkout, one process at a time. `file` marks the step as running and lists its
 * processes: this one and its children. While one of them lives, another start waits, also when only the child survived a
 * kill. When all are dead and the file is there, the step was interrupted: `work` gets `interrupted` and starts over.
 * The mark stays when `work` throws.
 */
export async function exclusively(file, onWait, work) {
  mkdirSync(dirname(file), { recursive: true })
  const interrupted = await claim(file, onWait)
  const result = await work({ interrupted, onChild: (pid) => appendFileSync(file, entryOf(pid)) })
  rmSync(file, { force: true })
  return result
}

/** Returns true when an earlier holder did not finish. */
async function claim(file, onWait) {
  let interrupted = false
  let waited = false
  for (;;) {
    try {
      create(file, entryOf(process.pid))
      sweep(file)
      return interrupted
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const seen = textOf(file)
    if (seen === undefined) continue
    if (seen.split('\n').some(isRunning)) {
      if (!waited) onWait()
      waited = true
      await sleep(LOOK_MS)
    } else if (take(file, seen)) interrupted = true
  }
}

/** Creates a file together with its text: one that is empty for a moment would be taken for a dead holder's. */
function create(file, text) {
  const whole = `${file}.${process.pid}.new`
  writeFileSync(whole, text)
  try {
    linkSync(whole, file)
  } catch (error) {
    if (error.code === 'EEXIST') throw error
    // A file system without hard links.
    writeFileSync(file, text, { flag: 'wx' })
  } finally {
    rmSync(whole, { force: true })
  }
}

/** Removes what starts left that were killed while they created the file. */
function sweep(file) {
  for (const name of readdirSync(dirname(file))) {
    const [, pid] = name.match(/\.(\d+)\.new$/) ?? []
    if (pid !== undefined && name.startsWith(`${basename(file)}.`) && !exists(pid))
      rmSync(`${dirname(file)}/${name}`, { force: true })
  }
}

/** Removes a dead holder's file, unless another start replaced it since `seen` was read. */
function take(file, seen) {
  const taken = `${file}.${process.pid}`
  try {
    renameSync(file, taken)
  } catch {
    // Another start took it.
    return false
  }
  const same = textOf(taken) === seen
  if (same) rmSync(taken, { force: true })
  else renameSync(taken, file)
  return same
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function entryOf(pid) {
  return `${pid} ${startOf(pid)}\n`
}

function isRunning(entry) {
  const [pid, started] = entry.split(' ')
  return pid !== '' && exists(pid) && startOf(pid) === started
}

function exists(pid) {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** When a process started, in clock ticks since boot: process ids are reused. Empty where there is no /proc. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended.
    return fields[0] === 'Z' ? '' : fields[19]
  } catch {
    return ''
  }
}
