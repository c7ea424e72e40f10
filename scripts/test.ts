/**
 * The whole test suite: `npm test [filter …]`. Groups run one after another, so that servers of different groups do not
 * starve each other; what a group prints goes through. Ends with one line: N passed, N failed, N skipped.
 */
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')

interface Group {
  name: string
  command: string[]
  minutes: number
}

const bun = process.execPath
const GROUPS: Group[] = [
  {
    name: 'unit',
    command: [
      bun,
      'test',
      '--timeout',
      '60000',
      'tests/unit',
      'tests/architecture',
      'tests/chaos',
      'bridge',
      'ui/tests',
    ],
    minutes: 5,
  },
  {
    name: 'actors under Deno',
    command: ['node_modules/.bin/deno', 'test', '--no-check', '--allow-all', '--quiet', 'tests/unit/actors'],
    minutes: 2,
  },
  { name: 'integration', command: [bun, 'test', '--timeout', '60000', 'tests/integration'], minutes: 8 },
  { name: 'end to end', command: [bun, 'test', '--timeout', '120000', 'tests/e2e'], minutes: 8 },
  {
    name: 'chaos, short form',
    command: [bun, 'tests/chaos/run.ts', '--single', '--kills', '10'],
    minutes: 3,
  },
  { name: 'proofs, short form', command: [bun, 'poc/run.ts', '--short'], minutes: 6 },
]

const filters = process.argv.slice(2)
const totals = { passed: 0, failed: 0, skipped: 0 }

for (const group of GROUPS) {
  if (
    filters.length > 0 &&
    !filters.some(
      (filter) => group.name.includes(filter) || group.command.some((part) => part.includes(filter)),
    )
  )
    continue
  console.log(`\n== ${group.name}`)
  const started_at = performance.now()
  const { output, code } = await run(group)
  const counted = count(output, group)
  totals.passed += counted.passed
  totals.skipped += counted.skipped
  // A runner that fails without a failed test (a crash, a time-out) counts as one failure.
  totals.failed += counted.failed || (code === 0 ? 0 : 1)
  console.log(
    `== ${group.name}: ${counted.passed} passed, ${counted.failed} failed, ${Math.round((performance.now() - started_at) / 1000)} s`,
  )
}

const forbidden_skips = process.env.CI === 'true' && totals.skipped > 0
if (forbidden_skips) console.error('Skipped tests are not allowed in CI.')
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(totals.failed > 0 || totals.passed === 0 || forbidden_skips ? 1 : 0)

async function run(group: Group): Promise<{ output: string; code: number }> {
  const child = Bun.spawn(group.command, {
    cwd: ROOT,
    stdout: 'pipe',
    stderr: 'pipe',
    stdin: 'ignore',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), group.minutes * 60_000)
  let output = ''
  const pass = async (stream: ReadableStream<Uint8Array>, to: NodeJS.WriteStream) => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) {
      const text = decoder.decode(chunk, { stream: true })
      output += text
      to.write(text)
    }
  }
  await Promise.all([pass(child.stdout, process.stdout), pass(child.stderr, process.stderr)])
  const code = await child.exited
  clearTimeout(timer)
  return { output, code }
}

/** Reads the counts that the runners print themselves. */
function count(output: string, group: Group): { passed: number; failed: number; skipped: number } {
  if (group.name.startsWith('chaos'))
    return { passed: output.includes('nothing lost, nothing doubled') ? 1 : 0, failed: 0, skipped: 0 }
  const proofs = /^(\d+) passed, (\d+) failed$/m.exec(output)
  if (group.name.startsWith('proofs'))
    return { passed: Number(proofs?.[1] ?? 0), failed: Number(proofs?.[2] ?? 0), skipped: 0 }
  const deno = /(\d+) passed(?: \((\d+) steps\))? \| (\d+) failed/.exec(output)
  if (deno) return { passed: Number(deno[2] ?? deno[1]), failed: Number(deno[3]), skipped: 0 }
  const number = (word: string) => Number(new RegExp(`^\\s*(\\d+) ${word}$`, 'm').exec(output)?.[1] ?? 0)
  return { passed: number('pass'), failed: number('fail'), skipped: number('skip') + number('todo') }
}
