import assert from 'node:assert/strict'
import type { ChannelPorts } from '../../src/actors/channel/requests.ts'

/** A channel with ten messages of others that mention nobody. */
export interface ReadMarkersUnderTest {
  markRead: ChannelPorts['markRead']
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
    'a channel that is gone has no marker',
    async (make) => {
      const { markRead, org_id, user_id, stranger } = await make()
      assert.equal(await markRead(org_id, stranger, user_id, 1), undefined)
    },
  ],
]
