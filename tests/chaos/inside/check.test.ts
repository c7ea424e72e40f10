import { describe, expect, test } from 'bun:test'
import { checkOrg } from './check.ts'
import { identity, type Ledger, type Post, type StoredEvent, type StoredOrg } from './ledger.ts'

const post = (n: number): Post => ({
  sender_id: 'agent',
  channel_id: 'ch',
  content: `m${n}`,
  outcome: 'acknowledged',
  place: { id: `id${n}`, seq: n },
})
const message = (n: number, seq = n, sequence = n): StoredEvent => ({
  sequence,
  type: 'message.created',
  message: { id: `id${n}`, seq, channel_id: 'ch', sender_id: 'agent', content: `m${n}` },
  change: null,
})
const change = (sequence: number, subject: string, mark: string): StoredEvent => ({
  sequence,
  type: 'task.updated',
  message: null,
  change: { subject, mark },
})

function ledger(over: Partial<Ledger> = {}): Ledger {
  return {
    posts: [post(1), post(2)],
    changes: new Map([['task', [{ mark: 'edit', outcome: 'acknowledged' }]]]),
    problems: [],
    published: [],
    ...over,
  }
}

/** An org whose numbers fit its events, unless a test says otherwise. */
function org(events: StoredEvent[], over: Partial<StoredOrg> = {}): StoredOrg {
  const messages = events.filter(({ message }) => message)
  return {
    head: events.length,
    events,
    messages: messages.length,
    last_seqs: new Map([['ch', messages.length]]),
    assigned: new Map(),
    ...over,
  }
}

const whole = [message(1), message(2), change(3, 'task', 'edit')]
const names = whole.map(({ sequence, type, message }) => identity(sequence, type, message?.id))

describe('the checker of calls inside the process', () => {
  test('finds nothing in a clean run', () => {
    expect(checkOrg(ledger({ published: names }), org(whole))).toEqual([])
    expect(checkOrg(ledger({ published: names.slice(1) }), org(whole))).toEqual([])
  })

  test.each([
    ['an acknowledged message that is not stored', ledger(), org([message(1), change(2, 'task', 'edit')])],
    ['a message that is stored twice', ledger(), org([...whole, { ...message(2, 3, 4) }])],
    ["two messages in each other's place", ledger(), org([message(2, 1, 1), message(1, 2, 2), whole[2]!])],
    ['a foreign message', ledger(), org([...whole, message(9, 3, 4)])],
    ['a hole in the sequences', ledger(), org([message(1), message(2), change(4, 'task', 'edit')])],
    ['a hole in the seqs', ledger(), org([message(1), message(2, 3), whole[2]!])],
    ['a head beyond the log', ledger(), org(whole, { head: 9 })],
    ['a channel beyond its messages', ledger(), org(whole, { last_seqs: new Map([['ch', 9]]) })],
    ['a message without an event', ledger(), org(whole, { messages: 3 })],
    ['a lost change', ledger(), org([message(1), message(2)])],
    ['a doubled change', ledger(), org([...whole, change(4, 'task', 'edit')])],
    ['a change that nobody made', ledger(), org([...whole, change(4, 'other', 'edit')])],
    [
      'a refused message that is stored',
      ledger({ posts: [post(1), { ...post(2), outcome: 'refused' }] }),
      org(whole),
    ],
    [
      'a call that was never answered',
      ledger({ posts: [post(1), { ...post(2), outcome: 'under way' }] }),
      org(whole),
    ],
    [
      'a message of a sender without the right',
      ledger(),
      org(whole, { assigned: new Map([['ch', new Set<string>()]]) }),
    ],
    ['an event that was not published', ledger({ published: names.toSpliced(1, 1) }), org(whole)],
    ['an event that was published twice', ledger({ published: [...names, names[2]!] }), org(whole)],
    [
      'events that were published out of order',
      ledger({ published: [names[0]!, names[2]!, names[1]!] }),
      org(whole),
    ],
    ['a problem that a caller saw', ledger({ problems: ['an answer of 500'] }), org(whole)],
  ])('finds %s', (_what, made, stored) => {
    expect(checkOrg(made, stored).length).toBeGreaterThan(0)
  })
})
