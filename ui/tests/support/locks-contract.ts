import assert from 'node:assert/strict'
import type { LocksLike } from '../../src/realtime/tabs.ts'
import { type Rule, turn, until } from './rule.ts'

/** The tabs of one browser, and a lock that nobody has. */
export interface LocksUnderTest {
  name: string
  openTab(): { locks: LocksLike; close(): void }
}

const never = new Promise<never>(() => {})

async function isHeld({ locks }: { locks: LocksLike }, name: string): Promise<boolean> {
  const { held = [] } = await locks.query()
  return held.some((lock) => lock.name === name)
}

export const LOCKS_RULES: Rule<LocksUnderTest>[] = [
  [
    'a lock is granted later than the call, and is held until the promise of its holder settles',
    async (make) => {
      const { name, openTab } = await make()
      const tab = openTab()
      const work = Promise.withResolvers<string>()
      let granted = false
      const answer = tab.locks.request(name, {}, () => {
        granted = true
        return work.promise
      })
      assert.equal(granted, false)
      await until(() => granted)
      assert.equal(await isHeld(tab, name), true)
      work.resolve('the answer of the holder')
      assert.equal(await answer, 'the answer of the holder')
      await until(async () => !(await isHeld(tab, name)))
    },
  ],
  [
    'one holds the lock at a time, in the order of the requests, across tabs',
    async (make) => {
      const { name, openTab } = await make()
      const tabs = [openTab(), openTab(), openTab()]
      const log: string[] = []
      const gates = tabs.map(() => Promise.withResolvers<void>())
      const answers: Promise<unknown>[] = []
      for (const [at, { locks }] of tabs.entries()) {
        answers.push(
          locks.request(name, {}, async () => {
            log.push(`in ${at}`)
            await gates[at]?.promise
            log.push(`out ${at}`)
          }),
        )
        // Requests of different tabs reach the browser in the order of their calls only when it takes them one by one.
        if (at === 0) await until(() => log.length > 0)
        else await turn()
      }
      assert.deepEqual(log, ['in 0'])
      for (const gate of gates) gate.resolve()
      await Promise.all(answers)
      assert.deepEqual(log, ['in 0', 'out 0', 'in 1', 'out 1', 'in 2', 'out 2'])
    },
  ],
  [
    'a holder that fails passes its error on and frees the lock',
    async (make) => {
      const { name, openTab } = await make()
      const { locks } = openTab()
      await assert.rejects(
        locks.request(name, {}, () => Promise.reject(new Error('broken'))),
        /broken/,
      )
      await assert.rejects(
        locks.request(name, {}, () => {
          throw new Error('broken at once')
        }),
        /at once/,
      )
      assert.equal(await locks.request(name, {}, () => 'free'), 'free')
    },
  ],
  [
    'ifAvailable gets the free lock, and null for one that is held',
    async (make) => {
      const { name, openTab } = await make()
      const [one, two] = [openTab(), openTab()]
      let granted = false
      void one.locks.request(name, { ifAvailable: true }, (lock) => {
        granted = lock !== null
        return never
      })
      await until(() => granted)
      assert.equal(await two.locks.request(name, { ifAvailable: true }, (lock) => lock === null), true)
      one.close()
    },
  ],
  [
    'an abort ends the wait with AbortError, and the request is skipped',
    async (make) => {
      const { name, openTab } = await make()
      const { locks } = openTab()
      const work = Promise.withResolvers<void>()
      let granted = false
      const holder = locks.request(name, {}, () => {
        granted = true
        return work.promise
      })
      await until(() => granted)
      const abort = new AbortController()
      let ran = false
      const waiting = locks.request(name, { signal: abort.signal }, () => {
        ran = true
      })
      const third = locks.request(name, {}, () => 'third')
      abort.abort()
      await assert.rejects(waiting, { name: 'AbortError' })
      await assert.rejects(
        locks.request(name, { signal: abort.signal }, () => 'never'),
        { name: 'AbortError' },
      )
      work.resolve()
      await holder
      assert.deepEqual([await third, ran], ['third', false])
    },
  ],
  [
    'an abort does not take a held lock away',
    async (make) => {
      const { name, openTab } = await make()
      const tab = openTab()
      const abort = new AbortController()
      const work = Promise.withResolvers<string>()
      let granted = false
      const answer = tab.locks.request(name, { signal: abort.signal }, () => {
        granted = true
        return work.promise
      })
      await until(() => granted)
      abort.abort()
      await turn()
      assert.equal(await isHeld(tab, name), true)
      work.resolve('done')
      assert.equal(await answer, 'done')
    },
  ],
  [
    'a tab that closes frees its lock and leaves the queue',
    async (make) => {
      const { name, openTab } = await make()
      const [first, second, third] = [openTab(), openTab(), openTab()]
      const log: string[] = []
      const hold = (tab: { locks: LocksLike }, who: string) =>
        void tab.locks.request(name, {}, () => {
          log.push(who)
          return never
        })
      hold(first, 'first')
      await until(() => log.length === 1)
      hold(second, 'second')
      await turn()
      hold(third, 'third')
      await turn()
      second.close()
      first.close()
      await until(() => log.length === 2)
      assert.deepEqual(log, ['first', 'third'])
      third.close()
    },
  ],
]
