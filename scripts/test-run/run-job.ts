import { type Job, ROOT } from './groups.ts'
import { type Counts, Output } from './output.ts'
import { endTree } from './processes.ts'

export interface JobResult extends Counts {
  job: Job
  seconds: number
  /** One sentence when the job failed otherwise than by a test: it was ended, or its process failed. */
  broken: string | undefined
}

/** Tells a job that it may print all its tests: some variables make bun print failures alone. */
const QUIETING = ['AGENT', 'CLAUDECODE', 'REPL_ID']

/**
 * Runs a job and passes its output on. It has as long as it needs: it is ended only when it printed nothing for
 * `silence_ms`, and then says so in `broken`; the counts of the tests that did run are kept.
 */
export async function runJob(
  job: Job,
  env: Record<string, string>,
  silence_ms: number,
  print: (text: string) => void,
): Promise<JobResult> {
  const started_at = performance.now()
  const output = new Output(job.output)
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !QUIETING.includes(name)),
  )
  const child = Bun.spawn(job.command, {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
    env: { ...inherited, NO_COLOR: '1', FORCE_COLOR: '0', ...env },
  })
  let printed_at = performance.now()
  let ended = false
  const watch = setInterval(
    () => {
      if (ended || performance.now() - printed_at < silence_ms) return
      ended = true
      endTree(child.pid)
    },
    Math.min(1_000, silence_ms),
  )
  const pass = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      printed_at = performance.now()
      const text = decoder.decode(chunk, { stream: true })
      output.take(text)
      print(text)
    }
  }
  const streams = Promise.all([pass(child.stdout), pass(child.stderr)])
  const code = await child.exited
  clearInterval(watch)
  // A process that the job left behind may keep its output open.
  await Promise.race([streams, Bun.sleep(2_000)])
  const { counts } = output
  if (job.output === 'program') counts[code === 0 ? 'passed' : 'failed']++
  if (job.output === 'program' && code !== 0) counts.failures.push(job.name)
  const seconds = Math.round((performance.now() - started_at) / 1000)
  return { ...counts, job, seconds, broken: broken(ended, code, counts, silence_ms) }
}

function broken(ended: boolean, code: number, counts: Counts, silence_ms: number): string | undefined {
  const after = counts.last === undefined ? 'before its first test ended' : `after "${counts.last}"`
  const ran = `${counts.passed + counts.failed + counts.skipped} tests had run`
  if (ended)
    return `was ended: it printed nothing for ${Math.round(silence_ms / 60_000)} minutes; ${ran}; under way was the test ${after}`
  if (code !== 0 && counts.failed === 0) return `ended with code ${code} ${after}; ${ran}`
  return undefined
}
