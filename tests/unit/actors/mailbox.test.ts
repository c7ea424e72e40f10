import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Mailbox } from '../../../src/actors/runtime/mailbox.ts'
import { settle } from '../../support/fake-clock.ts'

/** A mailbox whose handler waits until the test lets one item go. */
function gated(limit: number) {
  const handled: number[] = []
  const gates: (() => void)[] = []
  let at_once = 0
  let most_at_once = 0
  const mailbox = new Mailbox<number>(limit, async (item) => {
    most_at_once = Math.max(most_at_once, ++at_once)
    await new Promise<void>((resolve) => gates.push(resolve))
    handled.push(item)
    at_once--
  })
  const letOneGo = async () => {
    gates.shift()?.()
    await settle()
  }
  return { mailbox, handled, letOneGo, mostAtOnce: () => most_at_once }
}

describe('mailbox', () => {
  test('A20 handles one item at a time, in the order in which they came', async () => {
    const { mailbox, handled, letOneGo, mostAtOnce } = gated(10)
    for (const item of [1, 2, 3]) assert.equal(mailbox.push(item), true)
    await settle()
    assert.deepEqual(handled, [])
    for (const done of [[1], [1, 2], [1, 2, 3]]) {
      await letOneGo()
      assert.deepEqual(handled, done)
    }
    assert.equal(mostAtOnce(), 1)
    assert.equal(mailbox.idle, true)
  })

  test('A21 refuses the newest when it is full; those before it keep their place', async () => {
    const { mailbox, handled, letOneGo } = gated(2)
    assert.deepEqual(
      [1, 2, 3, 4].map((item) => mailbox.push(item)),
      [true, true, true, false],
    )
    assert.equal(mailbox.depth, 2)
    await letOneGo()
    assert.equal(mailbox.push(5), true)
    for (let i = 0; i < 3; i++) await letOneGo()
    assert.deepEqual(handled, [1, 2, 3, 5])
  })

  test('A22 keeps the order over many more items than it holds at once', async () => {
    const handled: number[] = []
    const mailbox = new Mailbox<number>(5_000, async (item) => void handled.push(item))
    for (let item = 0; item < 4_000; item++) mailbox.push(item)
    while (!mailbox.idle) await settle()
    assert.deepEqual(
      handled,
      Array.from({ length: 4_000 }, (_, item) => item),
    )
  })

  test('A23 an item pushed by the handler comes after those that wait', async () => {
    const handled: string[] = []
    const mailbox: Mailbox<string> = new Mailbox<string>(10, async (item) => {
      await Promise.resolve()
      handled.push(item)
      if (item === 'a') mailbox.push('by a')
    })
    mailbox.push('a')
    mailbox.push('b')
    await settle()
    assert.equal(mailbox.idle, true)
    assert.deepEqual(handled, ['a', 'b', 'by a'])
  })
})
