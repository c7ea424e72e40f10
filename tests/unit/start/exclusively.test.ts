import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MODULE = join(import.meta.dir, '../../../scripts/lib/exclusively.mjs')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-exclusively-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const mark = () => join(folder, 'step.running')
const journal = () =>
  existsSync(join(folder, 'journal')) ? readFileSync(join(folder, 'journal'), 'utf8') : ''

/** A process that runs a step: it writes `begin`, works for a while, and writes `end`. */
function startStep(body: string) {
  const script = `
    import { appendFileSync } from 'node:fs'
    import { spawn } from 'node:child_process'
    import { setTimeout as sleep } from 'node:timers/promises'
    import { exclusively } from '${MODULE}'
    const write = (text) => appendFileSync('${join(folder, 'journal')}', text + '\\n')
    await exclusively('${mark()}', () => write('waits'), async ({ interrupted, onChild }) => {
      write(interrupted ? 'begin again' : 'begin')
      ${body}
      write('end')
    })`
  const file = join(folder, `step-${crypto.randomUUID()}.mjs`)
  writeFileSync(file, script)
  return Bun.spawn(['node', file], { stdout: 'inherit', stderr: 'inherit' })
}

async function journalHas(text: string): Promise<void> {
  while (!journal().includes(text)) await Bun.sleep(5)
}

describe('a step of the first start', () => {
  test('removes what a start left that was killed while it marked the step, and nothing of a living one', async () => {
    const ended = Bun.spawn(['node', '-e', ''])
    await ended.exited
    const [dead, living] = [`${mark()}.${ended.pid}.new`, `${mark()}.${process.pid}.new`]
    for (const file of [dead, living]) writeFileSync(file, '')
    expect(await startStep('').exited).toBe(0)
    expect([existsSync(dead), existsSync(living)]).toEqual([false, true])
  })

  test('runs in one process at a time, and leaves no mark', async () => {
    const steps = [0, 1, 2].map(() => startStep('await sleep(50)'))
    expect(await Promise.all(steps.map((step) => step.exited))).toEqual([0, 0, 0])
    const lines = journal()
      .split('\n')
      .filter((line) => line === 'begin' || line === 'end')
    expect(lines).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end'])
    expect(existsSync(mark())).toBe(false)
  })

  test('that was killed is begun again', async () => {
    const killed = startStep('await sleep(60_000)')
    await journalHas('begin')
    killed.kill('SIGKILL')
    await killed.exited
    expect(await startStep('').exited).toBe(0)
    expect(journal()).toContain('begin again')
    expect(existsSync(mark())).toBe(false)
  })

  test('that failed is begun again', async () => {
    expect(await startStep('process.exit(1)').exited).toBe(1)
    expect(await startStep('').exited).toBe(0)
    expect(journal()).toContain('begin again')
  })

  test('is waited for while a child of the killed process lives', async () => {
    const killed = startStep(`
      const child = spawn('sleep', ['60'], { stdio: 'ignore' })
      onChild(child.pid)
      write('child ' + child.pid)
      await sleep(60_000)`)
    await journalHas('child ')
    killed.kill('SIGKILL')
    await killed.exited
    const next = startStep('')
    await journalHas('waits')
    expect(journal()).not.toContain('begin again')
    process.kill(Number(/child (\d+)/.exec(journal())?.[1]), 'SIGKILL')
    expect(await next.exited).toBe(0)
    expect(journal()).toContain('begin again')
  })

  test('is not blocked by a mark whose process id belongs to another process now', async () => {
    appendFileSync(mark(), `${process.pid} 1\n`)
    expect(await startStep('').exited).toBe(0)
    expect(journal()).toContain('begin again')
  })
})
