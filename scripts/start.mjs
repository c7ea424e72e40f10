#!/usr/bin/env node
// Runs on plain Node.js 20 or on Bun, before anything is installed: no dependencies here and in scripts/lib/*.mjs.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDependencies, ensureUi } from './lib/prepare.mjs'
import { ROOT, runTogether } from './lib/processes.mjs'
import { Refusal } from './lib/refusal.mjs'
import { ensureTestTools } from './lib/test-tools.mjs'

const MAIN = join(ROOT, 'src', 'main.ts')
const say = (text) => console.error(text)

/** Commands of this script; every other word is a command of the program. `run` resolves with an exit code. */
const COMMANDS = {
  prepare: {
    help: 'Usage: npm start -- prepare\n\nInstalls the dependencies, builds the app and installs what the tests need: every step that uses the network.',
    async run() {
      await ensureUi(await ensureDependencies(say), say)
      await ensureTestTools(say)
      return 0
    },
  },

  dev: {
    help: 'Usage: npm run dev [-- --help]\n\nStarts the server and the app with hot reload. MC_DEV_PORT is the port of the app (5173).',
    run: dev,
  },

  test: {
    help: 'Usage: npm test [-- filter …]\n\nRuns the tests: all of them, or the groups and files whose name contains a filter.\n  npm test unit\n  npm test integration\n  npm test e2e -- --behind caddy    the browser tests, with two nodes behind a real proxy',
    async run(args) {
      const bun = await ensureDependencies(say)
      await ensureUi(bun, say)
      const env = await ensureTestTools(say)
      return await runTogether([{ command: bun, args: [join(ROOT, 'scripts', 'test.ts'), ...args], env }])
    },
  },
}

async function dev(args) {
  if (args.length > 0) throw new Refusal('npm run dev takes no arguments.')
  const bun = await ensureDependencies(say)
  const server_port = setting('MC_PORT') ?? '3000'
  const app_port = process.env.MC_DEV_PORT ?? '5173'
  const app_url = `http://localhost:${app_port}`
  say(`The app with hot reload is on ${app_url}, the server behind it on port ${server_port}.`)
  return await runTogether([
    // The browser shows the address of the app: pages of that origin are the server's own.
    {
      command: bun,
      args: ['--watch', '--no-clear-screen', MAIN, 'serve'],
      env: { MC_PUBLIC_URL: setting('MC_PUBLIC_URL') ?? app_url },
    },
    {
      command: bun,
      args: ['--bun', join('node_modules', '.bin', 'vite'), '--port', app_port, '--strictPort'],
      cwd: join(ROOT, 'ui'),
      env: { MC_DEV_SERVER: `http://127.0.0.1:${server_port}` },
    },
  ])
}

/** A command of the program itself; `serve` is the default. */
async function program(args) {
  const bun = await ensureDependencies(say)
  const serves = args.length === 0 || ['serve', 'demo'].includes(args[0])
  if (serves && !isHelp(args)) await ensureUi(bun, say)
  return await runTogether([{ command: bun, args: [MAIN, ...(args.length === 0 ? ['serve'] : args)] }])
}

function isHelp(args) {
  return args.includes('--help') || args.includes('-h')
}

/** A setting from the environment or from `.env`, which Bun reads for the server and Node.js does not read. */
function setting(name) {
  const given = process.env[name]
  if (given) return given
  const file = join(ROOT, '.env')
  if (!existsSync(file)) return undefined
  const line = new RegExp(`^\\s*${name}\\s*=\\s*["']?([^"'\\s#]+)`, 'm').exec(readFileSync(file, 'utf8'))
  return line?.[1]
}

async function run([name, ...args]) {
  if (!process.versions.bun && Number(process.versions.node.split('.')[0]) < 20)
    throw new Refusal(`Node.js ${process.versions.node} is too old: install Node.js 20 or newer, or Bun.`)
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) return await program(name === undefined ? [] : [name, ...args])
  if (!isHelp(args)) return await command.run(args)
  console.log(command.help)
  return 0
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}
