#!/usr/bin/env node
// Runs on plain Node.js 20 or on Bun, before anything is installed: no dependencies here and in scripts/lib/*.mjs.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, ensureTestTools, ensureUi, Refusal } from './lib/prepare.mjs'
import { ROOT, runTogether } from './lib/processes.mjs'

const MAIN = join(ROOT, 'src', 'main.ts')
const say = (text) => console.error(text)

/** What this script does itself; every other word is a command of the program. Each resolves with an exit code. */
const COMMANDS = {
  /** Prepares everything that needs the network, and nothing more. */
  async prepare() {
    ensureUi(ensureDependencies(say), say)
    ensureTestTools(say)
    return 0
  },

  async dev(args) {
    const bun = ensureDependencies(say)
    const server_port = setting('MC_PORT') ?? '3000'
    const app_port = process.env.MC_DEV_PORT ?? '5173'
    const app_url = `http://localhost:${app_port}`
    say(`The app with hot reload is on ${app_url}, the server behind it on port ${server_port}.`)
    return await runTogether([
      // The browser sees the app's address, so that is whose pages are the server's own.
      {
        command: bun,
        args: ['--watch', '--no-clear-screen', MAIN, 'serve', ...args],
        env: { MC_PUBLIC_URL: setting('MC_PUBLIC_URL') ?? app_url },
      },
      {
        command: bun,
        args: ['--bun', join('node_modules', '.bin', 'vite'), '--port', app_port, '--strictPort'],
        cwd: join(ROOT, 'ui'),
        env: { MC_DEV_SERVER: `http://127.0.0.1:${server_port}` },
      },
    ])
  },

  async test(args) {
    const bun = ensureDependencies(say)
    ensureUi(bun, say)
    const tools = ensureTestTools(say)
    return await runTogether([
      { command: bun, args: [join(ROOT, 'scripts', 'test.ts'), ...args], env: tools },
    ])
  },
}

/** A command of the program itself: `serve` when nothing is said. */
async function program(args) {
  const bun = ensureDependencies(say)
  const serves = args.length === 0 || ['serve', 'demo'].includes(args[0])
  if (serves) ensureUi(bun, say)
  return await runTogether([{ command: bun, args: [MAIN, ...(args.length === 0 ? ['serve'] : args)] }])
}

/** A setting from the environment or from `.env`, which Bun reads for the server but Node.js does not for us. */
function setting(name) {
  const given = process.env[name]
  if (given) return given
  const file = join(ROOT, '.env')
  if (!existsSync(file)) return undefined
  const line = new RegExp(`^\\s*${name}\\s*=\\s*["']?([^"'\\s#]+)`, 'm').exec(readFileSync(file, 'utf8'))
  return line?.[1]
}

try {
  if (!process.versions.bun && Number(process.versions.node.split('.')[0]) < 20)
    throw new Refusal(`Node.js ${process.versions.node} is too old: install Node.js 20 or newer, or Bun.`)
  const [command, ...args] = process.argv.slice(2)
  const own = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
  process.exitCode = own ? await own(args) : await program(command === undefined ? [] : [command, ...args])
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}
