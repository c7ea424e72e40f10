import { describe, expect, test } from 'bun:test'
import {
  passedIn,
  sortChannels,
  withCounted,
  withCounts,
  withFresh,
  withHead,
  withRead,
} from '../src/realtime/channel-counts.ts'
import { CHANNEL, channel, ME, message, OTHER } from './support/samples.ts'

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
    expect(withRead(again, again[0]?.id ?? '', { seq: 8 })[0]).toMatchObject({
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

  test('a marker that stops before the end leaves exact counts when the log holds what it passes', () => {
    const own = message(3, { sender: { id: ME, type: 'human', display_name: 'Ana' } })
    const messages = [
      message(1, { mentions: [ME] }),
      message(2),
      own,
      message(4, { mentions: [ME] }),
      message(5),
    ]
    const log = { messages, has_older: false, has_newer: false }
    const before = [channel({ last_seq: 5, unread_count: 4, mention_count: 2 })]
    const passed = passedIn(log, 0, 3, ME)
    expect(withRead(before, CHANNEL, { seq: 3 }, passed)[0]).toMatchObject({
      read_seq: 3,
      unread_count: 2,
      mention_count: 1,
    })
    expect(withRead(before, CHANNEL, { seq: 5 }, passedIn(log, 0, 5, ME))[0]).toMatchObject({
      unread_count: 0,
      mention_count: 0,
    })
    expect(passedIn({ ...log, messages: messages.slice(1) }, 0, 3, ME)).toBeUndefined()
    expect(passedIn(log, 4, 6, ME)).toBeUndefined()
    // Counted from another marker: only an upper bound remains.
    expect(withRead(withRead(before, CHANNEL, { seq: 1 }), CHANNEL, { seq: 3 }, passed)[0]).toMatchObject({
      unread_count: 2,
    })
  })

  test('C67 a move back wins over every marker from before it, and counts what is unread again', () => {
    const own = message(4, { sender: { id: ME, type: 'human', display_name: 'Ana' } })
    const messages = [message(1), message(2), message(3, { mentions: [ME] }), own, message(5)]
    const log = { messages, has_older: false, has_newer: false }
    const read = [channel({ last_seq: 5, read_seq: 5 })]
    const back = withRead(read, CHANNEL, { seq: 2, rewinds: 1 }, passedIn(log, 2, 5, ME))
    const unread_again = { read_seq: 2, rewinds: 1, unread_count: 2, mention_count: 1 }
    expect(back[0]).toMatchObject(unread_again)
    // Late: a marker of another tab, counts and a list that were read before.
    expect(withRead(back, CHANNEL, { seq: 5 })).toEqual(back)
    expect(withCounts(back, channel({ last_seq: 5, read_seq: 5 }))).toEqual(back)
    expect(withFresh(back, [channel({ last_seq: 5, read_seq: 5 })])[0]).toMatchObject({
      read_seq: 2,
      rewinds: 1,
    })
    // A list that knows of a move back which this tab has missed is taken.
    const fresh = channel({ last_seq: 5, ...unread_again })
    expect(withFresh(read, [fresh])[0]).toMatchObject(unread_again)
    expect(withCounts(read, fresh)[0]).toMatchObject(unread_again)
    expect(withRead(back, CHANNEL, { seq: 5, rewinds: 1 })[0]).toMatchObject({
      read_seq: 5,
      unread_count: 0,
      rewinds: 1,
    })
    // What is not loaded is at most what follows.
    expect(withRead(read, CHANNEL, { seq: 1, rewinds: 1 })[0]).toMatchObject({ unread_count: 4 })
  })

  test('counts that were read before the marker moved on, or before a message came, are not taken', () => {
    const known = [channel({ last_seq: 9, read_seq: 6, unread_count: 3 })]
    const fresh = channel({ last_seq: 9, read_seq: 6, unread_count: 1 })
    expect(withCounts(known, fresh)[0]?.unread_count).toBe(1)
    expect(withCounts(known, { ...fresh, read_seq: 5 })).toEqual(known)
    expect(withCounts(known, { ...fresh, last_seq: 8 })).toEqual(known)
  })
})
