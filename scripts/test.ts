/**
 * `npm test`: the whole suite. `npm test unit integration`: those groups; `openclaw`, against real
 * gateways, and `machine`, on a fresh Debian, run by their names only. `npm test tests/unit/x.test.ts`: those files.
 * `npm test -- --changed [--since REF]`: the files whose imports changed, against HEAD or REF. `--jobs N`: test files at
 * the same time. `--behind caddy`: the browser tests, or the files of them that are named, with two nodes behind a real proxy
 * in place of each server. Ends with one line: N passed, N failed, N skipped.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CLUSTER_VARIABLE, launchCluster } from '../tests/support/cluster.ts'
import { BEHIND_NAMES, BEHIND_VARIABLE, behind } from './test-run/behind.ts'
import { allGroups, bunTest, type Group, namedGroups, ROOT } from './test-run/groups.ts'
import { endLeftovers } from './test-run/processes.ts'
import { type JobResult, runJob } from './test-run/run-job.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean', default: false },
    since: { type: 'string' },
    behind: { type: 'string' },
    // One more than the processors: test files also wait, for timers, disks and other processes.
    jobs: { type: 'string', default: String(availableParallelism() + 1) },
  },
})
const groups = chosen()
if (groups.length === 0) {
  console.error(`No group or test file is named ${positionals.join(', ')}.`)
  process.exit(2)
}

// Tests write below one folder, which is removed at the end.
const folder = mkdtempSync(join(tmpdir(), 'mc-run-'))
chmodSync(folder, 0o755)
process.env.TMPDIR = folder
const cluster = groups.some(({ jobs }) => jobs.some((job) => job.cluster)) ? await launchCluster() : undefined
const env = {
  TMPDIR: folder,
  ...(cluster ? { [CLUSTER_VARIABLE]: JSON.stringify(cluster.info) } : {}),
  ...(values.behind === undefined ? {} : { [BEHIND_VARIABLE]: values.behind }),
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    cleanUp()
    process.exit(1)
  })

const results: JobResult[] = []
for (const group of groups) results.push(...(await runGroup(group)))
await cluster?.stop()
for (const left of cleanUp()) console.error(`left behind: ${left}`)
process.exit(summary(results) ? 0 : 1)

/** Ends what still works below the folder of this run, and removes the folder. */
function cleanUp(): string[] {
  const left = endLeftovers(folder)
  rmSync(folder, { recursive: true, force: true })
  return left
}

function chosen(): Group[] {
  if (values.behind !== undefined) return chosenBehind(values.behind)
  if (values.changed) {
    const changed = `--changed${values.since === undefined ? '' : `=${values.since}`}`
    console.log(
      'Tests are chosen by their imports. Those that start a server as a program: npm test integration',
    )
    return [{ name: 'changed', jobs: [bunTest('changed', [changed, '--pass-with-no-tests'])], at_once: 1 }]
  }
  const files = positionals.filter((word) => word.endsWith('.test.ts') && existsSync(join(ROOT, word)))
  if (files.length > 0) return [{ name: 'files', jobs: [bunTest('files', files)], at_once: 1 }]
  const all = allGroups(Number(values.jobs))
  if (positionals.length === 0) return all
  const named = ({ name }: Group, word: string) =>
    name.includes(word) || (word === 'e2e' && name === 'end to end')
  return [...all, ...namedGroups()].filter((group) => positionals.some((word) => named(group, word)))
}

/** The browser tests behind a proxy, and a line for each file that is left out. */
function chosenBehind(proxy: string): Group[] {
  if (!BEHIND_NAMES.includes(proxy)) {
    console.error(`--behind takes ${BEHIND_NAMES.join(' or ')}.`)
    process.exit(2)
  }
  return allGroups(Number(values.jobs))
    .filter(({ name }) => name === 'end to end')
    .map((group) => {
      const files = positionals.filter((word) => word !== 'e2e')
      const named = group.jobs.filter(
        ({ name }) => files.length === 0 || files.some((file) => name.includes(file)),
      )
      const { run, left_out } = behind(named)
      for (const { name, why } of left_out) console.log(`left out behind ${proxy}: ${name}: ${why}`)
      return { ...group, name: `${group.name} behind ${proxy}`, jobs: run }
    })
    .filter(({ jobs }) => jobs.length > 0)
}

async function runGroup(group: Group): Promise<JobResult[]> {
  console.log(`\n== ${group.name}`)
  const started_at = performance.now()
  const waiting = [...group.jobs]
  const done: JobResult[] = []
  const alone = group.jobs.length === 1 || group.at_once === 1
  const worker = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      let kept = ''
      // Lines of jobs that run at the same time are not mixed: each job is printed when it ended.
      const result = await runJob(job, env, (text) => {
        if (alone) process.stdout.write(text)
        else kept += text
      })
      if (kept !== '') process.stdout.write(kept)
      console.log(`-- ${job.name}: ${counted(result)}, ${result.seconds} s`)
      if (result.broken !== undefined) console.log(`-- ${job.name} ${result.broken}`)
      done.push(result)
    }
  }
  await Promise.all(Array.from({ length: group.at_once }, worker))
  const seconds = Math.round((performance.now() - started_at) / 1000)
  console.log(`== ${group.name}: ${counted(total(done))}, ${seconds} s`)
  return done
}

function counted({ passed, failed }: { passed: number; failed: number }): string {
  return `${passed} passed, ${failed} failed`
}

/** A job that was ended or whose process failed counts as one failure beside its failed tests. */
function total(done: readonly JobResult[]): { passed: number; failed: number; skipped: number } {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  for (const { passed, failed, skipped, broken } of done) {
    sum.passed += passed
    sum.failed += failed + (broken === undefined ? 0 : 1)
    sum.skipped += skipped
  }
  return sum
}

/** Prints the failures with their reasons, then their names and the last line; true without failures. */
function summary(done: readonly JobResult[]): boolean {
  // Once more at the end: the output of jobs that passed lies between.
  for (const { name, why } of done.flatMap(({ failures }) => failures))
    console.log([`\n== why ${name} failed`, ...why].join('\n'))
  console.log('')
  for (const { job, failures, broken } of done) {
    for (const { name } of failures) console.log(`failed: ${name}`)
    if (broken !== undefined) console.log(`failed: ${job.name} ${broken}`)
  }
  const { passed, failed, skipped } = total(done)
  const forbidden = process.env.CI === 'true' && skipped > 0
  if (forbidden) console.error('Skipped tests are not allowed in CI.')
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
  return failed === 0 && !forbidden && (passed > 0 || values.changed)
}
