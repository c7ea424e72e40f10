import { freePort } from './server.ts'

/** `npm start` in a checkout, as a child with its own process group. */
export interface Start {
  url: string
  pid: number
  exited: Promise<number>
  ended(): boolean
  output(): string
  /** Resolves when the output contains the text; throws when the child ends first. */
  says(text: string): Promise<void>
  /** Ends it and all that it started. */
  killAll(): void
}

interface Options {
  checkout: string
  /** A user id for an ordinary user; as this user when left out. */
  uid?: number
  /** What runs the script; Node.js when left out. */
  runtime?: string
  args?: string[]
  env?: Record<string, string>
}

/** Starts `npm start` (without npm: the script it runs, on Node.js) as the given user. */
export function startCheckout({ checkout, uid, runtime = 'node', args = [], env = {} }: Options): Start {
  const port = freePort()
  const as_user =
    uid === undefined
      ? []
      : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all']
  // A session of its own: its process group can be killed as a whole.
  const child = Bun.spawn(['setsid', ...as_user, runtime, 'scripts/start.mjs', ...args], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? checkout,
      ...(process.env.CHROMIUM ? { CHROMIUM: process.env.CHROMIUM } : {}),
      MC_PORT: String(port),
      ...env,
    },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    void (async () => {
      const decoder = new TextDecoder()
      for await (const chunk of stream) output += decoder.decode(chunk, { stream: true })
    })()
  const ended = () => child.exitCode !== null || child.signalCode !== null
  return {
    url: `http://localhost:${port}`,
    pid: child.pid,
    exited: child.exited,
    ended,
    output: () => output,
    async says(text) {
      while (!output.includes(text)) {
        if (ended()) throw new Error(`It ended before it said "${text}":\n${output}`)
        await Bun.sleep(20)
      }
    },
    killAll() {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        // All of it ended.
      }
    },
  }
}
