/**
 * `bun poc/run.ts [--short] [name …]`: runs the stand-alone proofs one after another and sums up. Exits non-zero when
 * one fails, is missing, or does not end in time.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { short } from './lib/criteria.ts'

const PROOFS = ['rls', 'search', 'sse', 'websocket', 'sub-agents', 'bridge'] as const
/** The short form takes twenty seconds on a free machine; the limit finds a proof that hangs, not a slow machine. */
const DEADLINE_MS = short ? 15 * 60_000 : 60 * 60_000
const GRACE_MS = 10_000

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const unknown = wanted.filter((name) => !PROOFS.some((proof) => proof === name))
if (unknown.length > 0) {
  console.error(`There is no proof named ${unknown.join(', ')}. There are: ${PROOFS.join(', ')}.`)
  process.exit(2)
}

const summary: string[] = []
let failed = 0
for (const name of PROOFS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const { verdict, seconds } = await run(name)
  if (verdict !== 'ok') failed++
  summary.push(`${verdict.padEnd(8)} ${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s`)
}
console.log(`\n== proofs${short ? ' (short form)' : ''}\n${summary.join('\n')}`)
console.log(`${summary.length - failed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function run(name: string): Promise<{ verdict: 'ok' | 'FAIL' | 'missing' | 'late'; seconds: number }> {
  const file = join(import.meta.dir, name, 'run.ts')
  if (!existsSync(file)) return { verdict: 'missing', seconds: 0 }
  const begin_ms = performance.now()
  const child = Bun.spawn([process.execPath, file, ...(short ? ['--short'] : [])], {
    cwd: join(import.meta.dir, '..'),
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
  })
  let late = false
  const timers = [
    setTimeout(() => {
      late = true
      // A proof cleans up on SIGTERM; one that does not is ended all the same.
      child.kill('SIGTERM')
      timers.push(setTimeout(() => child.kill('SIGKILL'), GRACE_MS))
    }, DEADLINE_MS),
  ]
  const code = await child.exited
  for (const timer of timers) clearTimeout(timer)
  return {
    verdict: late ? 'late' : code === 0 ? 'ok' : 'FAIL',
    seconds: (performance.now() - begin_ms) / 1000,
  }
}
