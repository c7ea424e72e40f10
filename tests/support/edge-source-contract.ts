import assert from 'node:assert/strict'
import type { EdgeSource } from '../../src/edge/source.ts'

export const MESSAGES = 10
/** Last seq that the first member has read. */
export const READ_SEQ = 3

/** Which of the two members message `n` mentions: the first every second, the other every fourth. */
export const mentionedBy = (n: number): (0 | 1)[] => (n % 4 === 0 ? [0, 1] : n % 2 === 0 ? [0] : [])

/** An org whose last events are ten messages in one channel, with a notification for each mention. */
export interface EdgeSourceUnderTest {
  source: Omit<EdgeSource, 'load' | 'publish' | 'ended'>
  org_id: string
  channel_id: string
  members: [string, string]
  /** Ids of no one and nothing. */
  stranger: string
  /** Head of the log before the first message. */
  base: number
}

type Rule = [title: string, holds: (given: EdgeSourceUnderTest) => Promise<void>]

const EVER = 1_000_000

export const EDGE_SOURCE_RULES: Rule[] = [
  [
    'a range of messages excludes its start and includes its end, in order and within the limit',
    async ({ source, org_id, channel_id, stranger }) => {
      const seqs = async (after: number, until: number, limit = 100, channel = channel_id) =>
        (await source.messages(org_id, channel, after, until, limit)).map(({ seq }) => seq)
      assert.deepEqual(await seqs(3, 7), [4, 5, 6, 7])
      assert.deepEqual(await seqs(3, 7, 2), [4, 5])
      assert.deepEqual(await seqs(9, EVER), [10])
      assert.deepEqual(await seqs(10, EVER), [])
      assert.deepEqual(await seqs(7, 3), [])
      assert.deepEqual(await seqs(0, EVER, 100, stranger), [])
    },
  ],
  [
    'a range of events excludes its start and includes its end, in order and within the limit',
    async ({ source, org_id, base }) => {
      const sequences = async (after: number, until: number, limit = 100) =>
        (await source.events(org_id, base + after, base + until, limit)).map(
          ({ sequence }) => sequence - base,
        )
      assert.deepEqual(await sequences(3, 7), [4, 5, 6, 7])
      assert.deepEqual(await sequences(3, 7, 2), [4, 5])
      assert.deepEqual(await sequences(MESSAGES, EVER), [])
      assert.equal((await source.head(org_id))?.sequence, base + MESSAGES)
    },
  ],
  [
    'the event of a message carries the message as it is read from its channel',
    async ({ source, org_id, channel_id, base }) => {
      const [event] = await source.events(org_id, base + 3, base + 4, 1)
      const [message] = await source.messages(org_id, channel_id, 3, 4, 1)
      assert.ok(event?.type === 'message.created' && message)
      assert.deepEqual([event.payload.message, event.channel_id], [message, channel_id])
    },
  ],
  [
    'notifications of several users come in the order of their events, those of others not at all',
    async ({ source, org_id, members: [first, second], stranger, base }) => {
      const of = async (users: string[], after = 0, until = MESSAGES) =>
        (await source.notifications(org_id, users, base + after, base + until)).map((n) => [
          n.event_sequence - base,
          n.user_id,
        ])
      const both = await of([second, first, stranger])
      assert.deepEqual(
        both.map(([n]) => n),
        [2, 4, 4, 6, 8, 8, 10],
      )
      assert.deepEqual(both.map(([, user]) => user).toSorted(), [
        ...[first, first, first, first, first, second, second].toSorted(),
      ])
      assert.deepEqual(await of([first], 2, 6), [
        [4, first],
        [6, first],
      ])
      assert.deepEqual([await of([]), await of([stranger])], [[], []])
    },
  ],
  [
    'a marker counts unread messages of others and mentions up to the seq that was asked for; without a marker there is none',
    async ({ source, org_id, channel_id, members: [first, second], stranger }) => {
      const of = async (user: string, last_seq: number) => [
        ...(await source.readMarkers(org_id, user, [{ id: channel_id, last_seq }])),
      ]
      const marker = (unread_count: number, mention_count: number) => [
        { channel_id, read_seq: READ_SEQ, unread_count, mention_count, rewinds: 0, muted: false },
      ]
      // Unread mentions: 4, 6, 8 and 10.
      assert.deepEqual(await of(first, 10), marker(7, 4))
      assert.deepEqual(await of(first, 7), marker(4, 2))
      assert.deepEqual(await of(first, READ_SEQ), marker(0, 0))
      assert.deepEqual(await of(second, 5), [
        { channel_id, read_seq: 0, unread_count: 5, mention_count: 1, rewinds: 0, muted: false },
      ])
      assert.deepEqual(await of(stranger, 10), [])
      assert.equal((await source.readMarkers(org_id, first, [{ id: stranger, last_seq: 9 }])).length, 0)
      assert.equal((await source.readMarkers(org_id, first, [])).length, 0)
    },
  ],
  [
    'a user without subscriptions gets everything',
    async ({ source, org_id, members: [first] }) => {
      assert.deepEqual(await source.subscriptions(org_id, first), { mode: 'all', topics: [] })
    },
  ],
  [
    'another org has nothing of it',
    async ({ source, stranger, channel_id, members }) => {
      const positions = [{ id: channel_id, last_seq: 10 }]
      for (const read of [
        source.events(stranger, 0, EVER, 10),
        source.messages(stranger, channel_id, 0, EVER, 10),
        source.notifications(stranger, members, 0, EVER),
        source.readMarkers(stranger, members[0], positions),
      ])
        assert.equal((await read).length, 0)
      assert.equal(await source.head(stranger), undefined)
    },
  ],
  [
    'what was read is a copy',
    async ({ source, org_id, channel_id }) => {
      const [message] = await source.messages(org_id, channel_id, 0, 1, 1)
      assert.ok(message)
      const { content } = message
      message.content = 'changed'
      assert.equal((await source.messages(org_id, channel_id, 0, 1, 1))[0]?.content, content)
    },
  ],
]
