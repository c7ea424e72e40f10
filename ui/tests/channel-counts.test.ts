import { describe, expect, test } from 'bun:test'
import { sortChannels, withCounted, withFresh, withHead, withRead } from '../src/realtime/channel-counts.ts'
import { channel, ME, message, OTHER } from './support/samples.ts'

describe('channel counters', () => {
  test('org-wide channels come first, each group by name', () => {
    const list = [
      channel({ id: '3', name: 'Zebra', type: 'project', project_id: ME }),
      channel({ id: '2', name: 'releases' }),
      channel({ id: '4', name: 'alpha', type: 'project', project_id: OTHER }),
      channel({ id: '1', name: 'General' }),
    ]
    expect(sortChannels(list).map(({ name }) => name)).toEqual(['General', 'releases', 'alpha', 'Zebra'])
  })

  test('a fresh list does not take back what was just read here', () => {
    const known = [channel({ last_seq: 5, read_seq: 5 })]
    const fresh = [channel({ last_seq: 6, read_seq: 2, unread_count: 4, mention_count: 1 })]
    expect(withFresh(known, fresh)[0]).toMatchObject({ read_seq: 5, unread_count: 1, mention_count: 1 })
  })

  test('a restored server with fewer messages wins over what was known', () => {
    const known = [channel({ last_seq: 50, read_seq: 50 })]
    expect(withFresh(known, [channel({ last_seq: 4, read_seq: 1 })])[0]).toMatchObject({
      last_seq: 4,
      read_seq: 4,
      unread_count: 0,
    })
  })

  test('an own message is never unread, and moves the marker only when nothing before it is unread', () => {
    const own = (seq: number) =>
      message(seq, { sender: { id: ME, type: 'human', display_name: 'Ana' }, mentions: [ME] })
    const read_up_to_five = [channel({ last_seq: 5, read_seq: 5 })]
    const after_own = withCounted(read_up_to_five, own(6), ME)
    expect(after_own[0]).toMatchObject({ last_seq: 6, read_seq: 6, unread_count: 0, mention_count: 0 })
    const after_other = withCounted(after_own, message(7, { mentions: [ME] }), ME)
    expect(after_other[0]).toMatchObject({ read_seq: 6, unread_count: 1, mention_count: 1 })
    const again = withCounted(after_other, own(8), ME)
    expect(again[0]).toMatchObject({ last_seq: 8, read_seq: 6, unread_count: 1, mention_count: 1 })
    expect(withRead(again, again[0]?.id ?? '', 8)[0]).toMatchObject({
      read_seq: 8,
      unread_count: 0,
      mention_count: 0,
    })
  })

  test('the head only rises', () => {
    const list = [channel({ last_seq: 5, read_seq: 5 })]
    expect(withHead(list, list[0]?.id ?? '', 3)[0]?.last_seq).toBe(5)
    expect(withHead(list, list[0]?.id ?? '', 8)[0]).toMatchObject({ last_seq: 8, unread_count: 3 })
  })
})
