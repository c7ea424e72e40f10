import type { Subprocess } from 'bun'

const LAST_LINES = 50

/** A program of a proof in a process of its own, so that its memory and CPU time can be told from ours. */
export interface Child {
  pid: number
  port: number
  /** `http://127.0.0.1:<port>` */
  url: string
  /** Ends it, however it is doing. */
  stop(): Promise<void>
}

/**
 * Starts a script that prints `port <n>` once it listens. `prefix` goes before the runtime, e.g. to enter a network
 * namespace. Throws what the script printed when it ends before that.
 */
export async function startChild(
  script: string,
  args: readonly string[] = [],
  prefix: readonly string[] = [],
): Promise<Child> {
  const child = Bun.spawn([...prefix, process.execPath, script, ...args], {
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const last_words = keepLast(child.stderr)
  let stopped = false
  void child.exited.then(async () => {
    if (!stopped) console.error((await last_words).join('\n'))
  })
  const killed = () => void child.kill('SIGKILL')
  // A proof that is interrupted leaves no server behind.
  process.once('exit', killed)
  const port = await readPort(child)
  return {
    pid: child.pid,
    port,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      stopped = true
      child.kill('SIGKILL')
      await child.exited
      process.off('exit', killed)
    },
  }
}

async function readPort(child: Subprocess<'ignore', 'pipe', 'pipe'>): Promise<number> {
  const decoder = new TextDecoder()
  const reader = child.stdout.getReader()
  let output = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) throw new Error(`The child process ended: ${output}`)
    output += decoder.decode(value, { stream: true })
    const found = /port (\d+)\n/.exec(output)
    if (!found) continue
    // What it prints from now on belongs to nobody, but must not fill the pipe.
    void drain(reader)
    return Number(found[1])
  }
}

/**
 * The runtime reports each stream that was cut on purpose, by the thousand: what the child printed matters only when it
 * ends by itself.
 */
async function keepLast(stderr: ReadableStream<Uint8Array>): Promise<string[]> {
  const decoder = new TextDecoder()
  let lines: string[] = []
  for await (const bytes of stderr)
    lines = [...lines, ...decoder.decode(bytes, { stream: true }).split('\n')].slice(-LAST_LINES)
  return lines
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}
