import { describe, expect, test } from 'bun:test'
import { Supervisor } from '../../../src/db/embedded/supervisor.ts'
import { FakePostgres } from '../../support/fake-postgres.ts'

function supervised(prepare: () => Promise<void> = async () => undefined) {
  const started: FakePostgres[] = []
  const lines: string[] = []
  const supervisor = new Supervisor({
    start() {
      const postgres = new FakePostgres()
      started.push(postgres)
      return postgres
    },
    prepare,
    log: (line) => lines.push(line),
  })
  const running = async () => {
    const start = supervisor.start()
    started[0]!.becomeReady()
    await start
  }
  return { supervisor, started, lines, running }
}

const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await Promise.resolve()
}

describe('the supervisor of the embedded PostgreSQL', () => {
  test('starts one that died again', async () => {
    const { supervisor, started, lines, running } = supervised()
    await running()
    started[0]!.die()
    while (started.length < 2) await Bun.sleep(1)
    started[1]!.becomeReady()
    while (lines.length === 0) await Bun.sleep(1)
    expect(lines[0]).toContain('was started again')
    await supervisor.stop()
    expect(started.every((postgres) => postgres.isGone())).toBe(true)
  })

  test('a stop at any turn after a death leaves no process', async () => {
    for (let offset = 0; offset <= 40; offset++) {
      const { supervisor, started, running } = supervised(async () => await turns(8))
      await running()
      started[0]!.die()
      await turns(offset)
      await Promise.all([supervisor.stop(), supervisor.stop()])
      await turns(60)
      expect(
        started.map((postgres) => postgres.isGone()),
        `${offset} turns`,
      ).not.toContain(false)
    }
  })

  test('a stop ends the pause between two attempts', async () => {
    const { supervisor, started, running } = supervised(async () => {
      throw new Error('the folder is not free')
    })
    await running()
    started[0]!.die()
    await turns(40)
    await supervisor.stop()
    expect(started).toHaveLength(1)
  })

  test('a process that does not get ready is ended before the next attempt', async () => {
    const { supervisor, started } = supervised()
    const start = supervisor.start()
    started[0]!.fail(new Error('no room'))
    await expect(start).rejects.toThrow('no room')
    expect(started[0]!.isGone()).toBe(true)
  })

  test('a start whose process ends by itself is tried again, after what is left was ended', async () => {
    let prepared = 0
    const { supervisor, started, lines } = supervised(async () => void prepared++)
    const start = supervisor.start()
    started[0]!.die()
    while (started.length < 2) await Bun.sleep(1)
    expect(prepared).toBe(1)
    expect(lines).toEqual(['the embedded PostgreSQL is started again: it ended'])
    started[1]!.becomeReady()
    await start
    await supervisor.stop()
  })

  test('a stop while the folder is made free for another try leaves no process', async () => {
    const preparing = Promise.withResolvers<void>()
    const prepared = Promise.withResolvers<void>()
    const { supervisor, started } = supervised(async () => {
      preparing.resolve()
      await prepared.promise
    })
    const start = supervisor.start()
    started[0]!.die()
    await preparing.promise
    await supervisor.stop()
    prepared.resolve()
    await expect(start).rejects.toThrow('it ended')
    expect(started).toHaveLength(1)
  })

  test('a stop ends the pause before a start is tried again', async () => {
    const { supervisor, started } = supervised()
    const start = supervisor.start()
    started[0]!.die()
    await turns(20)
    await supervisor.stop()
    await expect(start).rejects.toThrow('it ended')
    expect(started).toHaveLength(1)
  })

  test('process.exit interrupts the current process, also one that is still starting', async () => {
    const { supervisor, started, running } = supervised()
    await running()
    started[0]!.die()
    while (started.length < 2) await Bun.sleep(1)
    supervisor.interrupt()
    expect(started[1]!.interrupted).toBe(1)
    await supervisor.stop()
  })
})
