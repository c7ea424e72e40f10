import { describe, expect, test } from 'bun:test'
import { logItems as itemsOf, type UnreadFrom } from '../src/components/chat/log-items.ts'
import { workingAgents } from '../src/components/chat/working.ts'
import type { OutboxItem } from '../src/realtime/outbox.ts'
import { AGENT, CHANNEL, ME, message, NOON } from './support/samples.ts'

const log = (messages: ReturnType<typeof message>[], rest = {}) => ({
  messages,
  has_older: false,
  has_newer: false,
  ...rest,
})
const pending = (client_id: string, state: OutboxItem['state'] = 'waiting'): OutboxItem => ({
  client_id,
  org_id: 'org',
  user_id: ME,
  channel_id: CHANNEL,
  content: client_id,
  reply_to: null,
  created_at: NOON,
  order: 1,
  tab_id: 'tab',
  failed: null,
  state,
})
const logItems = (
  shown: Parameters<typeof itemsOf>[0],
  waiting: readonly OutboxItem[],
  unread: UnreadFrom | undefined,
) => itemsOf(shown, waiting, unread, ME)
const kinds = (items: ReturnType<typeof logItems>) => items.map(({ kind }) => kind)

describe('rows of a log', () => {
  test('begin with the beginning, or with a place for older ones', () => {
    expect(kinds(logItems(log([]), [], undefined))).toEqual(['begin'])
    expect(kinds(logItems(log([message(9)], { has_older: true }), [], undefined))[0]).toBe('older')
  })

  test('have a divider at each new day', () => {
    const days = ['2026-11-18T12:00:00.000Z', '2026-11-19T11:00:00.000Z', '2026-11-19T12:00:00.000Z']
    const messages = days.map((created_at, at) => message(at + 1, { created_at }))
    expect(kinds(logItems(log(messages), [], undefined))).toEqual([
      'begin',
      'day',
      'message',
      'day',
      'message',
      'message',
    ])
  })

  test('show the unread line before the first message that was not read', () => {
    const items = logItems(log([message(4), message(5), message(6)]), [], {
      read_seq: 4,
      count: 2,
      me_id: ME,
    })
    expect(kinds(items)).toEqual(['begin', 'day', 'message', 'unread', 'message', 'message'])
    expect(kinds(logItems(log([message(4)]), [], { read_seq: 4, count: 0, me_id: ME }))).not.toContain(
      'unread',
    )
  })

  test('show the unread line never before an own message, nor in a page that does not reach back to it', () => {
    const own = message(5, { sender: { id: ME, type: 'human', display_name: 'Ines' } })
    const items = logItems(log([message(4), own, message(6)]), [], { read_seq: 4, count: 1, me_id: ME })
    expect(kinds(items)).toEqual(['begin', 'day', 'message', 'message', 'unread', 'message'])
    const later = log([message(60), message(61)], { has_older: true })
    expect(kinds(logItems(later, [], { read_seq: 4, count: 57, me_id: ME }))).not.toContain('unread')
  })

  test('end with what is not stored yet, each with its place in the queue', () => {
    const items = logItems(log([message(1)]), [pending('a', 'failed'), pending('b'), pending('c')], undefined)
    const last = items
      .slice(-3)
      .map((item) => (item.kind === 'pending' ? [item.entry.client_id, item.place, item.waiting] : []))
    expect(last).toEqual([
      ['a', 0, 2],
      ['b', 1, 2],
      ['c', 2, 2],
    ])
  })

  test('show an own message once, under one key, before and after it is stored', () => {
    const before = logItems(log([]), [pending('a', 'sending')], undefined)
    const stored = message(1, { client_id: 'a', sender: { id: ME, type: 'human', display_name: 'Ines' } })
    const after = logItems(log([stored]), [pending('a', 'stored')], undefined)
    expect(kinds(after)).toEqual(['begin', 'day', 'message'])
    expect(after.at(-1)?.key).toBe(before.at(-1)?.key ?? '')
  })

  test('do not mix what waits into a window in the past', () => {
    expect(kinds(logItems(log([message(1)], { has_newer: true }), [pending('a')], undefined)).at(-1)).toBe(
      'newer',
    )
  })

  test('join the message before, of the same author within five minutes', () => {
    const joined = (...messages: ReturnType<typeof message>[]) =>
      logItems(log(messages), [], undefined).flatMap((item) => (item.kind === 'message' ? [item.joined] : []))
    const at = (time: string, rest: Parameters<typeof message>[1] = {}) =>
      message(1, { created_at: `2026-11-19T${time}Z`, ...rest })
    const other = { sender: { id: AGENT, type: 'agent' as const, display_name: 'forge' } }

    expect(joined(at('12:00:00'), at('12:01:00'), at('12:02:00'))).toEqual([false, true, true])
    // Since the first of the group, not since the one before.
    expect(joined(at('12:00:00'), at('12:04:00'), at('12:05:01'))).toEqual([false, true, false])
    expect(joined(at('12:00:00'), at('12:01:00', other), at('12:02:00'))).toEqual([false, false, false])
    expect(joined(at('12:00:00'), at('12:00:01', { reply_to: 'x' }), at('12:00:02'))).toEqual([
      false,
      false,
      true,
    ])
    for (const alone of [{ kind: 'command_output' as const }, { content: 'a\n'.repeat(30) }])
      expect(joined(at('12:00:00'), at('12:00:01', alone), at('12:00:02'))).toEqual([false, false, false])
    expect(joined(at('12:00:00'), at('12:00:01', { kind: 'system' }), at('12:00:02'))).toEqual([false, false])
    // A removed member has no id: two of them may be two people.
    const gone = { sender: { id: null, type: 'human' as const, display_name: 'Removed' } }
    expect(joined(at('12:00:00', gone), at('12:00:01', gone))).toEqual([false, false])
  })

  test('join nothing across a divider; what waits joins the own message before', () => {
    const own = { sender: { id: ME, type: 'human' as const, display_name: 'Ines' } }
    const [late, early] = [new Date(2026, 10, 18, 23, 59), new Date(2026, 10, 19, 0, 1)]
    const days = logItems(
      log([
        message(1, { ...own, created_at: late.toISOString() }),
        message(2, { ...own, created_at: early.toISOString() }),
      ]),
      [],
      undefined,
    )
    expect(days.flatMap((item) => ('joined' in item ? [item.joined] : []))).toEqual([false, false])
    const read = { read_seq: 1, count: 1, me_id: ME }
    const unread = logItems(log([message(1), message(2)]), [], read)
    expect(unread.flatMap((item) => ('joined' in item ? [item.joined] : []))).toEqual([false, false])
    const waiting = logItems(log([message(1, own)]), [pending('a'), pending('b')], undefined)
    expect(waiting.flatMap((item) => ('joined' in item ? [item.joined] : []))).toEqual([false, true, true])
  })

  test('have keys of their own', () => {
    const keys = logItems(log([message(1), message(2, { client_id: 'x' })]), [pending('a')], {
      read_seq: 1,
      count: 1,
      me_id: ME,
    }).map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})

test('an agent that works on several messages is named once, since the first', () => {
  const working = (updated_at: string) => [
    { agent_id: AGENT, state: 'working' as const, detail: null, updated_at },
  ]
  const messages = [
    message(1, { deliveries: working('2026-11-19T12:00:01.000Z') }),
    message(2, { deliveries: working('2026-11-19T12:00:09.000Z') }),
  ]
  expect(workingAgents(log(messages))).toEqual([
    { agent_id: AGENT, since: '2026-11-19T12:00:01.000Z', seq: 1 },
  ])
})
