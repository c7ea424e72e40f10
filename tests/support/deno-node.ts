import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChannelReplyTo, ChannelRequest } from '../../src/contracts/calls.ts'
import { newId } from '../../src/contracts/ids.ts'

const ROOT = join(import.meta.dir, '..', '..')
/** A start that takes longer than this has failed, on the slowest machine. */
const READY_MS = 240_000

/** Outcome of a call through a node without HTTP. */
export type Outcome<Reply> = { reply: Reply } | { error: { status: number; text: string } }

/** A node without HTTP under Deno, as a child process. It ends when its standard input closes. */
export interface DenoNode {
  readonly pid: number
  log(): string
  /** Calls a channel as a node does that got a request over HTTP; undefined when the process ended without an answer. */
  call<R extends ChannelRequest>(
    org_id: string,
    channel_id: string,
    request: R,
  ): Promise<Outcome<ChannelReplyTo<R>> | undefined>
  /** Answers the exit code, or null after a signal that it cannot handle. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
  /** Resolves when the process ended by itself, or by a signal sent to `pid`. */
  ended(): Promise<void>
  /** Starts again with the same settings. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Starts `serveActors` with the permissions of the task of the package. */
export async function startDenoNode(env: Record<string, string>): Promise<DenoNode> {
  const data_dir = mkdtempSync(join(tmpdir(), 'mc-deno-'))
  const command = commandLine()
  const waiting = new Map<string, (line?: string) => void>()
  let output = ''
  let ended = Promise.resolve()
  let child = spawn()

  function spawn() {
    const process_ = Bun.spawn(command, {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? '', HOME: data_dir, MC_DATA_DIR: data_dir, ...env },
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const read = async (stream: ReadableStream<Uint8Array>) => {
      const decoder = new TextDecoder()
      let rest = ''
      for await (const chunk of stream) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) take(line)
      }
    }
    ended = Promise.all([read(process_.stdout), read(process_.stderr), process_.exited]).then(() => {
      for (const resolve of waiting.values()) resolve()
      waiting.clear()
    })
    return process_
  }

  function take(line: string): void {
    if (!line.startsWith('{"id":')) {
      output += `${line}\n`
      return
    }
    const { id } = JSON.parse(line) as { id: string }
    waiting.get(id)?.(line)
    waiting.delete(id)
  }

  /** `from`: where the output of this start begins. */
  async function ready(from: number): Promise<void> {
    const give_up_at = Date.now() + READY_MS
    while (Date.now() < give_up_at) {
      if (output.includes('Mission Control actors run', from)) return
      if (child.exitCode !== null || child.signalCode !== null) break
      await Bun.sleep(25)
    }
    throw new Error(`The node under Deno did not start:\n${output.slice(from)}`)
  }

  const node: DenoNode = {
    get pid() {
      return child.pid
    },
    log: () => output,
    async call(org_id, channel_id, request) {
      if (child.exitCode !== null || child.signalCode !== null) return undefined
      const id = newId()
      const answered = new Promise<string | undefined>((resolve) => waiting.set(id, resolve))
      try {
        child.stdin.write(`${JSON.stringify({ id, org_id, channel_id, request })}\n`)
        await child.stdin.flush()
      } catch {
        // It has just ended: answered as such.
      }
      const line = await answered
      return line === undefined ? undefined : JSON.parse(line)
    },
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await ended
      return child.exitCode
    },
    ended: () => ended,
    async restart() {
      if (child.exitCode === null && child.signalCode === null) await node.kill('SIGTERM')
      const from = output.length
      child = spawn()
      await ready(from)
    },
    async stop() {
      // A stopped process takes no other signal.
      if (child.exitCode === null && child.signalCode === null) await node.kill('SIGKILL')
      rmSync(data_dir, { recursive: true, force: true })
    },
  }
  try {
    await ready(0)
  } catch (error) {
    await node.stop()
    throw error
  }
  return node
}

/** The task with another program. The command of the package is a parent that signals would hit instead. */
function commandLine(): string[] {
  const program = Bun.spawnSync([
    join(ROOT, 'node_modules/.bin/deno'),
    'eval',
    'console.log(Deno.execPath())',
  ])
  const { tasks } = JSON.parse(readFileSync(join(ROOT, 'deno.json'), 'utf8')) as {
    tasks: Record<string, string>
  }
  const [, ...words] = (tasks['serve:actors'] ?? '').split(' ')
  return [program.stdout.toString().trim(), ...words.slice(0, -1), 'tests/support/actors-node.ts']
}
