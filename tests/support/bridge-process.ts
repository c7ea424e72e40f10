import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './server.ts'

const MAIN = join(import.meta.dir, '..', '..', 'bridge', 'src', 'main.ts')

/** A bridge that is ready has a stream open; one that is not by then has failed, on the slowest machine. */
const READY_MS = 120_000

export interface BridgeAgent {
  /** In the configuration of the bridge. */
  name: string
  key: string
  org: string
  gateway_agent?: string
  wake?: 'mention' | 'project' | 'all'
  history_fetch_count?: number
}

interface Options {
  /** Configuration and state lie here; the same folder again is the same bridge. */
  folder: string
  server_url: string
  /** Without a token the bridge is a paired device, or wants to become one. */
  gateway: { url: string; token: string } | { url: string; device_path: string }
  agents: readonly BridgeAgent[]
  env?: Record<string, string>
  /** A compiled bridge instead of its source. */
  program?: readonly string[]
  /** Further sections of the configuration, as YAML. */
  sections?: string
}

/** A bridge as a process of its own. */
export interface BridgeProcess {
  readonly pid: number
  /** Lines of its log so far, over all starts. */
  log(): string
  /** The health report. Throws while there is no answer. */
  health(): Promise<{ status: number; body: Record<string, unknown> }>
  metrics(): Promise<string>
  /** Resident memory in bytes. */
  resident_bytes(): number
  /** Open file descriptors. */
  descriptors(): number
  /** Ends it and resolves with its exit code; null after a signal. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
  /** Resolves with the exit code when it ended by itself. */
  ended(): Promise<number | null>
  start(): Promise<void>
  /** Resolves when each of `agents` has its stream and the gateway is connected. */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** Starts `mc-bridge run` and waits until it is ready, unless `ready` is false. */
export async function startBridge(options: Options, { ready = true } = {}): Promise<BridgeProcess> {
  mkdirSync(options.folder, { recursive: true })
  const port = freePort()
  const config = join(options.folder, 'comms-bridge.yaml')
  writeFileSync(config, configOf(options, port))
  let output = ''
  let child = spawn()

  function spawn() {
    const started = Bun.spawn([...(options.program ?? [process.execPath, MAIN]), 'run', '--config', config], {
      env: {
        PATH: process.env.PATH ?? '',
        HOME: options.folder,
        ...('token' in options.gateway ? { MC_GATEWAY_TOKEN: options.gateway.token } : {}),
        ...Object.fromEntries(options.agents.map(({ name, key }) => [keyName(name), key])),
        ...options.env,
      },
      cwd: options.folder,
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    for (const stream of [started.stdout, started.stderr])
      void (async () => {
        for await (const chunk of stream) output += new TextDecoder().decode(chunk)
      })()
    return started
  }

  const running = () => child.exitCode === null && child.signalCode === null
  const bridge: BridgeProcess = {
    get pid() {
      return child.pid
    },
    log: () => output,
    async health() {
      const answer = await fetch(`http://127.0.0.1:${port}/health`)
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
    },
    metrics: async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
    resident_bytes() {
      const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? []
      return Number(kib) * 1024
    },
    descriptors: () => readdirSync(`/proc/${child.pid}/fd`).length,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await child.exited
      return child.exitCode
    },
    async ended() {
      await child.exited
      return child.exitCode
    },
    async start() {
      if (running()) throw new Error('The bridge runs')
      child = spawn()
    },
    async ready() {
      const give_up_at = Date.now() + READY_MS
      for (;;) {
        if (!running()) throw new Error(`The bridge ended with ${child.exitCode}:\n${output}`)
        const { body } = await bridge.health().catch(() => ({ body: {} as Record<string, unknown> }))
        if (body.status === 'ok') return
        if (Date.now() > give_up_at)
          throw new Error(`The bridge is not ready:\n${JSON.stringify(body)}\n${output}`)
        await Bun.sleep(25)
      }
    },
    async stop() {
      if (running()) await bridge.kill('SIGTERM')
    },
  }
  if (ready)
    try {
      await bridge.ready()
    } catch (error) {
      await bridge.stop()
      throw error
    }
  return bridge
}

const keyName = (agent: string) => `MC_KEY_${agent.toUpperCase().replaceAll('-', '_')}`

function configOf({ server_url, gateway, agents, folder, sections }: Options, health_port: number): string {
  const lines = [
    'mission_control:',
    `  url: ${server_url}`,
    'gateway:',
    `  url: ${gateway.url}`,
    'token' in gateway ? '  token_env: MC_GATEWAY_TOKEN' : `  device_path: ${gateway.device_path}`,
    'agents:',
    ...agents.flatMap((agent) => [
      `  - name: ${agent.name}`,
      `    api_key_env: ${keyName(agent.name)}`,
      `    org_slug: ${agent.org}`,
      `    gateway_agent: ${agent.gateway_agent ?? 'main'}`,
      `    wake: ${agent.wake ?? 'mention'}`,
      ...(agent.history_fetch_count === undefined
        ? []
        : [`    history_fetch_count: ${agent.history_fetch_count}`]),
    ]),
    'state:',
    `  db_path: ${join(folder, 'state.sqlite')}`,
    'health:',
    `  port: ${health_port}`,
    ...(sections === undefined ? [] : [sections]),
  ]
  return `${lines.join('\n')}\n`
}
