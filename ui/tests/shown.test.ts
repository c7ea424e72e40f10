import { expect, test } from 'bun:test'
import { readUpTo, unshown } from '../src/components/chat/shown.ts'
import { ME, message } from './support/samples.ts'

const own = (seq: number) => message(seq, { sender: { id: ME, type: 'human', display_name: 'Ana' } })
const log = (messages: ReturnType<typeof message>[]) => ({ messages, has_older: false, has_newer: false })

test('C48 the marker stops before the first message that was not shown, whatever was shown after it', () => {
  const all = log([message(1), message(2), message(3), message(4)])
  expect(readUpTo(0, all, new Set([3, 4]), ME)).toBe(0)
  expect(readUpTo(0, all, new Set([1, 3, 4]), ME)).toBe(1)
  expect(readUpTo(0, all, new Set([1, 2, 3, 4]), ME)).toBe(4)
  expect(readUpTo(2, all, new Set(), ME)).toBe(2)
})

test('C48 own messages do not hold the marker; messages that are not loaded do', () => {
  expect(readUpTo(0, log([own(1), message(2), own(3)]), new Set([2]), ME)).toBe(3)
  expect(readUpTo(0, log([message(40), message(41)]), new Set([40, 41]), ME)).toBe(0)
  // Shown before the log was replaced by another page.
  expect(readUpTo(38, log([message(1)]), new Set([39, 40]), ME)).toBe(40)
  expect(readUpTo(0, log([]), new Set(), ME)).toBe(0)
})

test('C49 the first unread message is found, loaded or not, and those below the view are counted', () => {
  const messages = [own(5), message(6), message(7), own(8), message(9)]
  expect(unshown({ read_seq: 4, last_seq: 9 }, log(messages), 7, ME)).toEqual({ first_seq: 6, below: 1 })
  expect(unshown({ read_seq: 2, last_seq: 9 }, log(messages), 9, ME)).toEqual({ first_seq: 3, below: 0 })
  // A page in the past: everything after it is below.
  expect(unshown({ read_seq: 4, last_seq: 30 }, log(messages), 7, ME)).toEqual({ first_seq: 6, below: 22 })
})
