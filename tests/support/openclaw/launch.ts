/** Starts the real OpenClaw Gateway with its own state, its own home and the fake model, and nothing else. */
import { mkdirSync, openSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { MODELS } from '../mock-gateway/model.ts'
import type { InstalledGateway } from './install.ts'

export interface LaunchOptions {
  /** Its state; the same folder again is a restart of the same gateway. */
  dir: string
  port: number
  token: string
  model_port: number
  /** Also listens on the machine's own address, from which it takes connections for remote ones. */
  remote?: boolean
  /** Further variables, which commands of its agents see as well. */
  env?: Record<string, string>
}

export interface RunningGateway {
  pid: number
  url: string
  ready_ms: number
  /** SIGKILL: what was in memory is gone. */
  kill(): Promise<void>
  /** SIGTERM: drains first. */
  terminate(): void
  /** Resolves when the process has ended. */
  ended(): Promise<void>
  /** Runs `openclaw` with the gateway's own configuration; rejects with its output when it fails. */
  openclaw(...args: string[]): Promise<string>
}

const READY_MS = 180_000
const LOOK_MS = 100

/** Resolves when `/readyz` says 200. Throws when the process ends before, or is not ready within three minutes. */
export async function launchGateway(
  installed: InstalledGateway,
  options: LaunchOptions,
): Promise<RunningGateway> {
  const state = join(options.dir, 'state')
  const home = join(options.dir, 'home')
  for (const folder of [state, home, installed.cache]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const config = join(state, 'openclaw.json')
  await Bun.write(config, JSON.stringify(configuration(options), null, 2))
  const env = { ...environment(installed, state, home, config), ...options.env }
  const output = openSync(join(options.dir, 'gateway.out'), 'a')
  const begin_ms = performance.now()
  const child = Bun.spawn([installed.node, installed.openclaw, 'gateway', 'run'], {
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    env,
  })
  const kill = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  while ((await status(options.port)) !== 200) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`The real gateway ended with ${child.exitCode ?? child.signalCode}; see ${options.dir}`)
    if (performance.now() - begin_ms > READY_MS) {
      await kill()
      throw new Error(`The real gateway was not ready within ${READY_MS / 1000} s; see ${options.dir}`)
    }
    await Bun.sleep(LOOK_MS)
  }
  return {
    pid: child.pid,
    url: `ws://127.0.0.1:${options.port}`,
    ready_ms: performance.now() - begin_ms,
    kill,
    terminate: () => child.kill('SIGTERM'),
    async ended() {
      await child.exited
    },
    openclaw: (...args) => run([installed.node, installed.openclaw, ...args], env),
  }
}

/** Not our environment: a gateway must find no key, no configuration and no home of whoever runs the tests. */
function environment(
  { node, cache }: InstalledGateway,
  state: string,
  home: string,
  config: string,
): Record<string, string> {
  return {
    PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
    LANG: 'C.UTF-8',
    HOME: home,
    // It keeps its compile cache here: a warm one makes a start nearly twice as fast.
    TMPDIR: cache,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_CONFIG_PATH: config,
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_EXEC_SHELL_SNAPSHOT: '0',
    OPENCLAW_SKIP_CHANNELS: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
  }
}

async function run(command: string[], env: Record<string, string>): Promise<string> {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'pipe', env })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code !== 0) throw new Error(`${command.slice(2).join(' ')} failed (exit ${code}): ${out}${err}`)
  return out
}

async function status(port: number): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).status
  } catch {
    // Nobody listens yet.
    return 0
  }
}

/** An address of this machine that is not loopback. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal)
  if (!found) throw new Error('This machine has no IPv4 address besides loopback.')
  return found.address
}

function configuration(options: LaunchOptions): object {
  const models = MODELS.map((id) => ({
    id,
    name: id,
    reasoning: false,
    input: ['text'],
    contextWindow: 128_000,
    maxTokens: 8_192,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  }))
  const baseUrl = `http://127.0.0.1:${options.model_port}/v1`
  return {
    gateway: {
      mode: 'local',
      port: options.port,
      bind: options.remote ? 'lan' : 'loopback',
      auth: { mode: 'token', token: options.token },
      controlUi: { enabled: false },
    },
    logging: { file: join(options.dir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    plugins: { enabled: false },
    agents: {
      defaults: { model: { primary: 'fake/fake-1' }, skipBootstrap: true, heartbeat: { every: '0m' } },
      entries: { main: { default: true }, scout: {} },
    },
    models: {
      mode: 'replace',
      providers: {
        fake: { baseUrl, apiKey: 'not-a-key', api: 'openai-completions', models },
      },
    },
  }
}
