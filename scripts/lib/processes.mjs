import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..')

const BIN = join(ROOT, 'node_modules', '.bin')

/** Terminal and npm both pass on the signal of one key press: two signals within this time count as one. */
const SAME_PRESS_MS = 1_000

/** Runs a script of package.json for npm. */
const SHELL = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid
const SHELL_LOOK_MS = 500

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']

/** The end of the output holds the reason of a failure. */
const OUTPUT_CHARS_MAX = 1024 * 1024

/** Bun as the lock file pins it; undefined while it is not installed. */
export function installedBun() {
  const file = join(BIN, process.platform === 'win32' ? 'bun.exe' : 'bun')
  return existsSync(file) ? file : undefined
}

/** The environment of children: programs installed here come first on the PATH. */
export function environment(extra = {}) {
  return { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, ...extra }
}

/** The first of these programs that is on the PATH (or the path itself, when it is one), or undefined. */
export function findProgram(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  for (const name of names) {
    if (name.includes('/')) {
      if (existsSync(name)) return name
      continue
    }
    const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
    if (found) return found
  }
  return undefined
}

/**
 * Runs a command to its end without showing it; a signal ends the command too. `env` is added to the environment, `onChild`
 * receives the process id. Resolves with `output`, standard output and error together, and `ok`, its success.
 */
export async function runQuietly(command, args, { cwd = ROOT, env = {}, onChild = () => undefined } = {}) {
  // On Windows npx is a batch file, which only the shell can run.
  const shell = command.endsWith('.cmd')
  const child = spawn(shell ? `"${command}"` : command, args, {
    cwd,
    env: environment(env),
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid !== undefined) onChild(child.pid)
  const end = (signal) => {
    child.kill(signal)
    process.exit(128 + constants.signals[signal])
  }
  for (const signal of ENDING) process.once(signal, end)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX)
    })
  const code = await new Promise((resolveEnd) => {
    child.once('error', (error) => {
      output += `${error.message}\n`
      resolveEnd(undefined)
    })
    child.once('close', resolveEnd)
  })
  for (const signal of ENDING) process.off(signal, end)
  return { ok: code === 0, output }
}

/**
 * Runs children side by side on this terminal until one of them ends, then ends the others. Signals are passed on once.
 * Resolves with the exit code of the one that ended first, 128 + n when signal n ended it.
 */
export async function runTogether(commands) {
  const children = commands.map(({ command, args, cwd = ROOT, env = {} }) =>
    spawn(command, args, { cwd, env: environment(env), stdio: 'inherit' }),
  )
  passSignalsOn(children)
  const ends = children.map(
    (child, i) =>
      new Promise((resolveEnd) => {
        child.once('error', (error) => {
          console.error(`${commands[i].command} cannot be started: ${error.message}`)
          resolveEnd(127)
        })
        child.once('exit', (code, signal) => resolveEnd(code ?? 128 + (constants.signals[signal] ?? 0)))
      }),
  )
  const code = await Promise.race(ends)
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  await Promise.all(ends)
  return code
}

function passSignalsOn(children) {
  const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY)
  let last_at = Number.NEGATIVE_INFINITY
  const pass = (signal) => {
    const repeated = performance.now() - last_at < SAME_PRESS_MS
    last_at = performance.now()
    // Ctrl-C at a terminal reaches the whole group. Passing it on would be a second signal, which means "exit at once".
    if (repeated || (signal === 'SIGINT' && terminal)) return
    for (const child of children) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
  }
  for (const signal of ENDING) process.on(signal, () => pass(signal))
  if (SHELL !== undefined) onEndOf(SHELL, () => pass('SIGTERM'))
}

/** npm passes its signals to the shell of the script, which dies of them and tells nobody: a new parent is the only sign. */
function onEndOf(parent, ended) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, SHELL_LOOK_MS)
  timer.unref()
}
