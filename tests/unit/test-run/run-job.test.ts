import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job } from '../../../scripts/test-run/groups.ts'
import { Output } from '../../../scripts/test-run/output.ts'
import { runJob } from '../../../scripts/test-run/run-job.ts'

const folder = mkdtempSync(join(tmpdir(), 'mc-run-job-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A job that runs a script as if it were a test runner. */
function jobOf(script: string): Job {
  const file = join(folder, 'job.ts')
  writeFileSync(file, script)
  return { name: 'a job', command: [process.execPath, file], output: 'bun' }
}

const run = (script: string, hangs?: () => boolean) => runJob(jobOf(script), {}, () => undefined, hangs)

describe('a job of the test runner', () => {
  test('that prints nothing for too long is ended with its children; the tests that ran are kept', async () => {
    const child_file = join(folder, 'child')
    const script = `
      import { writeFileSync } from 'node:fs'
      console.log('tests/x.test.ts:\\n(pass) first [1.00ms]\\n(fail) second [2.00ms]')
      const child = Bun.spawn(['sleep', '1000'])
      writeFileSync('${child_file}', String(child.pid))
      await Bun.sleep(1_000_000)`
    const result = await run(script, () => existsSync(child_file))
    expect(result).toMatchObject({ passed: 1, failed: 1, failures: [{ name: 'tests/x.test.ts > second' }] })
    expect(result.broken).toContain('was ended: it printed nothing')
    expect(result.broken).toContain(
      '2 tests had run; under way was the test after "tests/x.test.ts > second"',
    )
    const child = Number(readFileSync(child_file, 'utf8'))
    const state = Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(child)])
      .stdout.toString()
      .trim()
    expect(state === '' || state.startsWith('Z')).toBe(true)
  })

  test('whose process fails without a failed test is a failure by name', async () => {
    const result = await run(`
      console.log('tests/x.test.ts:\\n(pass) first [1.00ms]')
      process.exit(3)`)
    expect(result).toMatchObject({ passed: 1, failed: 0 })
    expect(result.broken).toBe('ended with code 3 after "tests/x.test.ts > first"; 1 tests had run')
  })
})

describe('the output', () => {
  test('of bun counts each test once, also when failed tests are listed again', () => {
    const output = new Output('bun')
    output.take('tests/a.test.ts:\n(pass) one [1.00ms]\n(fail) two > three [2.')
    output.take('00ms]\n(skip) four\n\n1 tests failed:\n(fail) two > three [2.00ms]\n\n 1 pass\n')
    expect(output.counts).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
      failures: [{ name: 'tests/a.test.ts > two > three', why: [] }],
      last: 'tests/a.test.ts > four',
    })
  })

  test('of Deno counts steps, not the tests around them', () => {
    const output = new Output('deno')
    output.take(
      'lane ...\n  A1 does ... ok (3ms)\n  A2 fails ... FAILED (1ms)\nlane ... FAILED (due to 1 failed step)\n',
    )
    expect(output.counts).toMatchObject({ passed: 1, failed: 1, failures: [{ name: 'A2 fails' }] })
  })

  test('of a failed test keeps its error, and nothing of the tests before it', () => {
    const output = new Output('bun')
    output.take('tests/a.test.ts:\nlogged by one\n(pass) one [1.00ms]\n')
    output.take('7 |   expect(2).toBe(1)\n        ^\nerror: expect(received).toBe(expected)\n\nExpected: 1\n')
    output.take('Received: 2\n      at tests/a.test.ts:7:3\n(fail) two [2.00ms]\n')
    expect(output.counts.failures).toEqual([
      {
        name: 'tests/a.test.ts > two',
        why: [
          'error: expect(received).toBe(expected)',
          'Expected: 1',
          'Received: 2',
          '      at tests/a.test.ts:7:3',
        ],
      },
    ])
  })

  test('of a program that fails is its last lines', async () => {
    const job = jobOf(`for (let i = 0; i < 100; i++) console.log('line ' + i); process.exit(1)`)
    const { failures } = await runJob({ ...job, output: 'program' }, {}, () => undefined)
    expect(failures[0]?.why.at(-1)).toBe('line 99')
    expect(failures[0]?.why.length).toBe(24)
  })
})
