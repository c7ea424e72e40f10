import { type Job, ROOT, SILENCE_MS } from './groups.ts'
import { type Counts, Output } from './output.ts'
import { endTree } from './processes.ts'

export interface JobResult extends Counts {
  job: Job
  seconds: number
  /** One sentence for a failure outside of the tests: the job was killed, or its process failed. */
  broken: string | undefined
}

/** Variables that make a runner print failures alone, or colours between the words. */
const NOT_INHERITED = ['AGENT', 'CLAUDECODE', 'REPL_ID', 'FORCE_COLOR']

const WATCH_MS = 500

/**
 * Runs a job and passes its output on. A job has no time limit: it is killed only after {@link SILENCE_MS}
 * without output, which `broken` then reports; the counts of its finished tests are kept.
 */
export async function runJob(
  job: Job,
  env: Record<string, string>,
  print: (text: string) => void,
  hangs = (silent_ms: number) => silent_ms >= SILENCE_MS,
): Promise<JobResult> {
  const started_at = performance.now()
  const output = new Output(job.output)
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !NOT_INHERITED.includes(name)),
  )
  const child = Bun.spawn(job.command, {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
    env: { ...inherited, NO_COLOR: '1', ...env },
  })
  let printed_at = performance.now()
  let ended = false
  const watch = setInterval(() => {
    if (ended || !hangs(performance.now() - printed_at)) return
    ended = true
    endTree(child.pid)
  }, WATCH_MS)
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
  if (job.output === 'program' && code !== 0) counts.failures.push({ name: job.name, why: output.why() })
  const seconds = Math.round((performance.now() - started_at) / 1000)
  return { ...counts, job, seconds, broken: broken(ended, code, counts) }
}

function broken(ended: boolean, code: number, counts: Counts): string | undefined {
  const after = counts.last === undefined ? 'before its first test ended' : `after "${counts.last}"`
  const ran = `${counts.passed + counts.failed + counts.skipped} tests had run`
  if (ended)
    return `was ended: it printed nothing for ${SILENCE_MS / 60_000} minutes; ${ran}; under way was the test ${after}`
  if (code !== 0 && counts.failed === 0) return `ended with code ${code} ${after}; ${ran}`
  return undefined
}
