import assert from 'node:assert/strict'
import type { BroadcastLike } from '../../src/realtime/shared-events.ts'
import { type Rule, turn, until } from './rule.ts'

/** Opens channels of one name, each as in a tab of its own. */
export interface BroadcastsUnderTest {
  open(): BroadcastLike
}

function listening(channel: BroadcastLike): unknown[] {
  const heard: unknown[] = []
  channel.onmessage = ({ data }) => heard.push(data)
  return heard
}

export const BROADCAST_RULES: Rule<BroadcastsUnderTest>[] = [
  [
    'a message reaches every other channel in the order of posting, later than the call, and not its sender',
    async (make) => {
      const { open } = await make()
      const [sender, ...others] = [open(), open(), open()]
      const heard = others.map(listening)
      const own = listening(sender)
      for (const n of [1, 2, 3]) sender.postMessage(n)
      assert.deepEqual(heard, [[], []])
      await Promise.resolve()
      assert.deepEqual(heard, [[], []])
      await until(() => heard.every(({ length }) => length === 3))
      assert.deepEqual(
        [heard, own],
        [
          [
            [1, 2, 3],
            [1, 2, 3],
          ],
          [],
        ],
      )
    },
  ],
  [
    'a message is a copy, made when it is posted',
    async (make) => {
      const { open } = await make()
      const sender = open()
      const heard = listening(open())
      const message = { list: [1] }
      sender.postMessage(message)
      message.list.push(2)
      await until(() => heard.length === 1)
      assert.deepEqual(heard, [{ list: [1] }])
    },
  ],
  [
    'a message that cannot be copied is refused in the call',
    async (make) => {
      const { open } = await make()
      assert.throws(() => open().postMessage({ run: () => {} }), { name: 'DataCloneError' })
    },
  ],
  [
    'a closed channel gets nothing, not even what was posted before; closing twice has no effect',
    async (make) => {
      const { open } = await make()
      const [sender, closed, other] = [open(), open(), open()]
      const heard = listening(closed)
      const seen = listening(other)
      sender.postMessage('before')
      closed.close()
      closed.close()
      sender.postMessage('after')
      await until(() => seen.length === 2)
      await turn()
      assert.deepEqual(heard, [])
    },
  ],
  [
    'a closed channel refuses to post',
    async (make) => {
      const { open } = await make()
      const channel = open()
      channel.close()
      assert.throws(() => channel.postMessage(1), { name: 'InvalidStateError' })
    },
  ],
  [
    'a message for which no handler is set is lost',
    async (make) => {
      const { open } = await make()
      const [sender, late, other] = [open(), open(), open()]
      const seen = listening(other)
      sender.postMessage('early')
      await until(() => seen.length === 1)
      await turn()
      const heard = listening(late)
      sender.postMessage('later')
      await until(() => heard.length === 1)
      assert.deepEqual(heard, ['later'])
    },
  ],
]
