import { expect, test } from 'bun:test'
import { check, type ReaderJournal, type Seen, type Sent, type Truth } from './journal.ts'

const seen = (...numbers: number[]): Seen[] =>
  numbers.map((seq) => ({ seq, id: `id${seq}`, content: `m${seq}` }))
const sent: Sent[] = [1, 2, 3].map((n) => ({
  client_id: `c${n}`,
  channel_id: 'ch',
  content: `m${n}`,
  ack: { id: `id${n}`, seq: n },
}))
const truth = (messages: Seen[]): Truth => ({ channels: new Map([['ch', messages]]), sequences: [1, 2, 3] })
const reader = (messages: Seen[]): ReaderJournal => ({
  name: 'reader',
  messages: new Map([['ch', messages]]),
  from_start: true,
  resets: 0,
})

test('a clean run has no problem', () => {
  expect(check(sent, [reader(seen(1, 2, 3))], truth(seen(1, 2, 3)))).toEqual([])
})

test.each([
  ['lost', check(sent, [], truth(seen(1, 2)))],
  ['doubled', check(sent, [], truth([...seen(1, 2, 3), { seq: 4, id: 'id4', content: 'm3' }]))],
  ['swapped for a reader', check(sent, [reader(seen(1, 3, 2))], truth(seen(1, 2, 3)))],
  ['missing for a reader', check(sent, [reader(seen(1, 3))], truth(seen(1, 2, 3)))],
  ['repeated for a reader', check(sent, [reader(seen(1, 2, 2, 3))], truth(seen(1, 2, 3)))],
  ['foreign', check(sent, [], truth([...seen(1, 2, 3), { seq: 4, id: 'x', content: 'of another org' }]))],
  ['a hole in the numbers', check(sent, [], truth([...seen(1, 2), { seq: 4, id: 'id3', content: 'm3' }]))],
  [
    'acknowledged under another number',
    check([{ ...sent[0]!, ack: { id: 'id1', seq: 9 } }], [], truth(seen(1))),
  ],
])('the checker finds a message that is %s', (_what, problems) => {
  expect(problems.length).toBeGreaterThan(0)
})
