import assert from 'node:assert/strict'
import type { ChannelPorts } from '../../src/actors/channel/requests.ts'

/** A channel with ten messages of others that mention nobody. */
export interface ReadMarkersUnderTest {
  markRead: ChannelPorts['markRead']
  markUnread: ChannelPorts['markUnread']
  org_id: string
  channel_id: string
  user_id: string
  /** Id of no channel. */
  stranger: string
}

type Rule = [title: string, holds: (make: () => Promise<ReadMarkersUnderTest>) => Promise<void>]

export const LAST_SEQ = 10

export const READ_MARKER_RULES: Rule[] = [
  [
    'a marker moves forward, never back, and not beyond the last message',
    async (make) => {
      const { markRead, org_id, channel_id, user_id } = await make()
      const seqs: (number | undefined)[] = []
      for (const seq of [4, 2, 7, LAST_SEQ + 5, 1]) {
        const marker = await markRead(org_id, channel_id, user_id, seq)
        seqs.push(marker?.read_seq)
        assert.deepEqual(
          [marker?.unread_count, marker?.mention_count],
          [LAST_SEQ - (marker?.read_seq ?? 0), 0],
        )
      }
      assert.deepEqual(seqs, [4, 4, 7, LAST_SEQ, LAST_SEQ])
    },
  ],
  [
    'a marker moves back to before a message, never forward, and counts its moves back',
    async (make) => {
      const { markRead, markUnread, org_id, channel_id, user_id } = await make()
      await markRead(org_id, channel_id, user_id, 6)
      const back = async (seq: number) => await markUnread(org_id, channel_id, user_id, seq)
      assert.deepEqual(await back(4), { read_seq: 3, unread_count: 7, mention_count: 0, rewinds: 1 })
      assert.deepEqual(await back(9), { read_seq: 3, unread_count: 7, mention_count: 0, rewinds: 2 })
      assert.deepEqual(await back(1), { read_seq: 0, unread_count: 10, mention_count: 0, rewinds: 3 })
    },
  ],
  [
    'a marker from before a move back is void, one without a count of them never is',
    async (make) => {
      const { markRead, markUnread, org_id, channel_id, user_id } = await make()
      const read = async (seq: number, rewinds?: number) =>
        (await markRead(org_id, channel_id, user_id, seq, rewinds))?.read_seq
      assert.equal(await read(8, 0), 8)
      await markUnread(org_id, channel_id, user_id, 3)
      assert.deepEqual([await read(9, 0), await read(4, 1), await read(9, 0), await read(7)], [2, 4, 4, 7])
    },
  ],
  [
    'the marker of a user that never read anything can be moved back',
    async (make) => {
      const { markUnread, org_id, channel_id, user_id } = await make()
      const marker = await markUnread(org_id, channel_id, user_id, 5)
      assert.deepEqual(marker, { read_seq: 0, unread_count: LAST_SEQ, mention_count: 0, rewinds: 1 })
    },
  ],
  [
    'a channel that is gone has no marker',
    async (make) => {
      const { markRead, markUnread, org_id, user_id, stranger } = await make()
      assert.equal(await markRead(org_id, stranger, user_id, 1), undefined)
      assert.equal(await markUnread(org_id, stranger, user_id, 1), undefined)
    },
  ],
]
