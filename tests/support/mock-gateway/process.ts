import { join } from 'node:path'
import type { Faults } from './faults.ts'
import type { TurnLog } from './turns.ts'

/** The mock gateway as a process of its own, so that it can be killed; its transcript lies in `folder`. */
export interface GatewayProcess {
  readonly url: string
  readonly port: number
  turns(): Promise<TurnLog[]>
  connections(): Promise<{ opened: number; open: number }>
  set(faults: Partial<Faults>): Promise<void>
  /** `openclaw devices approve <request id>`; false for an unknown request. */
  approve(request_id: string): Promise<boolean>
  /** Text of the agent's own accord; the run id under which it is said. */
  announce(session_key: string, text: string): Promise<string>
  drop(code: number): Promise<void>
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts again on the same port and folder. Faults are those of the start. */
  restart(): Promise<void>
  stop(): Promise<void>
}

interface Options {
  folder: string
  token: string
  /** Its agents; `main` and `scout` when left out. */
  agents?: readonly string[]
  faults?: Partial<Faults>
}

export async function startMockGateway({
  folder,
  token,
  agents,
  faults = {},
}: Options): Promise<GatewayProcess> {
  let port = 0
  let control = 0
  let child = await spawn()

  async function spawn() {
    const started = Bun.spawn([process.execPath, join(import.meta.dir, 'main.ts')], {
      env: {
        PATH: process.env.PATH ?? '',
        TOKEN: token,
        FOLDER: folder,
        FAULTS: JSON.stringify(faults),
        ...(agents ? { AGENTS: agents.join(',') } : {}),
        ...(port === 0 ? {} : { PORT: String(port) }),
      },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    const reader = started.stdout.getReader()
    let line = ''
    while (!line.includes('\n')) {
      const { value, done } = await reader.read()
      if (done) throw new Error('The mock gateway ended before it was ready')
      line += new TextDecoder().decode(value)
    }
    reader.releaseLock()
    const ports = JSON.parse(line) as { port: number; control: number }
    port = ports.port
    control = ports.control
    return started
  }

  const ask = async <T>(path: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${control}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    })
    return (await answer.json()) as T
  }

  async function kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    child.kill(signal)
    await child.exited
  }

  return {
    get url() {
      return `ws://127.0.0.1:${port}`
    },
    get port() {
      return port
    },
    turns: () => ask('/turns'),
    connections: () => ask('/connections'),
    set: async (changed) => void (await ask('/faults', changed)),
    approve: (request_id) => ask('/approve', { request_id }),
    announce: (session_key, text) => ask('/announce', { session_key, text }),
    drop: async (code) => void (await ask('/drop', { code })),
    kill,
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await kill('SIGTERM')
      child = await spawn()
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await kill()
    },
  }
}
