/** Starts the real OpenClaw Gateway on loopback with its own state, its own home and the fake model, and nothing else. */
import { mkdirSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InstalledGateway } from './install.ts'

export interface RunningGateway {
  pid: number
  url: string
  ready_ms: number
  /** SIGKILL: what was in memory is gone. */
  kill(): Promise<void>
}

export interface LaunchOptions {
  /** Its state; the same folder again is a restart of the same gateway. */
  dir: string
  port: number
  token: string
  model_port: number
}

const READY_MS = 120_000
const LOOK_MS = 100

/** Resolves when `/readyz` says 200. Throws when the process ends before, or is not ready within two minutes. */
export async function launchGateway(
  installed: InstalledGateway,
  options: LaunchOptions,
): Promise<RunningGateway> {
  const state = join(options.dir, 'state')
  const home = join(options.dir, 'home')
  for (const folder of [state, home, installed.cache]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const config = join(state, 'openclaw.json')
  await Bun.write(config, JSON.stringify(configuration(options), null, 2))
  const output = openSync(join(options.dir, 'gateway.out'), 'a')
  const begin_ms = performance.now()
  const child = Bun.spawn([installed.node, installed.openclaw, 'gateway', 'run'], {
    stdin: 'ignore',
    stdout: output,
    stderr: output,
    // Not our environment: a gateway must find no key, no configuration and no home of whoever runs the proof.
    env: {
      PATH: `${dirname(installed.node)}:${process.env.PATH ?? ''}`,
      LANG: 'C.UTF-8',
      HOME: home,
      // It keeps its compile cache here: a warm one makes a start nearly twice as fast.
      TMPDIR: installed.cache,
      OPENCLAW_STATE_DIR: state,
      OPENCLAW_CONFIG_PATH: config,
      OPENCLAW_DISABLE_BONJOUR: '1',
      OPENCLAW_NO_RESPAWN: '1',
      OPENCLAW_EXEC_SHELL_SNAPSHOT: '0',
      OPENCLAW_SKIP_CHANNELS: '1',
      OPENCLAW_NO_AUTO_UPDATE: '1',
    },
  })
  const stop = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  while ((await status(options.port)) !== 200) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(
        `The real gateway ended with ${child.exitCode ?? child.signalCode}; see ${options.dir}.`,
      )
    if (performance.now() - begin_ms > READY_MS) {
      await stop()
      throw new Error(`The real gateway was not ready within ${READY_MS / 1000} s.`)
    }
    await Bun.sleep(LOOK_MS)
  }
  return {
    pid: child.pid,
    url: `ws://127.0.0.1:${options.port}`,
    ready_ms: performance.now() - begin_ms,
    kill: stop,
  }
}

async function status(port: number): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/readyz`)).status
  } catch {
    // Nobody listens yet.
    return 0
  }
}

function configuration(options: LaunchOptions): object {
  return {
    gateway: {
      mode: 'local',
      port: options.port,
      bind: 'loopback',
      auth: { mode: 'token', token: options.token },
      controlUi: { enabled: false },
    },
    logging: { file: join(options.dir, 'gateway.log') },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: 'off' } },
    plugins: { enabled: false },
    agents: {
      defaults: { model: { primary: 'fake/fake-1' }, skipBootstrap: true, heartbeat: { every: '0m' } },
    },
    models: {
      mode: 'replace',
      providers: {
        fake: {
          baseUrl: `http://127.0.0.1:${options.model_port}/v1`,
          apiKey: 'not-a-key',
          api: 'openai-completions',
          models: [
            {
              id: 'fake-1',
              name: 'Fake 1',
              reasoning: false,
              input: ['text'],
              contextWindow: 128_000,
              maxTokens: 4_096,
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
            },
          ],
        },
      },
    },
  }
}
