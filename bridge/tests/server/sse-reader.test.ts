import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { SseReader } from '../../src/server/sse-reader.ts'

test('reads data and ids across chunks; an id holds for the events after it', () => {
  const reader = new SseReader()
  expect(reader.push('retry: 1000\nid: log.1\ndata: {"a"')).toEqual([])
  expect(reader.push(':1}\n\ndata: two\ndata: lines\n')).toEqual([
    { data: '{"a":1}', last_event_id: 'log.1' },
  ])
  expect(reader.push('\n')).toEqual([{ data: 'two\nlines', last_event_id: 'log.1' }])
})

test('a heartbeat moves the last event id without an event', () => {
  const reader = new SseReader()
  expect(reader.push(': heartbeat\nid: log.5\n\n')).toEqual([])
  expect(reader.last_event_id).toBe('log.5')
})

test('an id takes effect when its block ends, so a cut block is read again', () => {
  const reader = new SseReader()
  reader.push('id: log.1\ndata: a\n\nid: log.2\ndata: b\n')
  expect(reader.last_event_id).toBe('log.1')
})

test('an id with NUL is ignored', () => {
  const reader = new SseReader()
  reader.push('id: a\n\nid: b\0\n\n')
  expect(reader.last_event_id).toBe('a')
})

test('an event beyond the limit ends the stream with an error', () => {
  const reader = new SseReader()
  const feed = () => {
    for (let at = 0; at < 10; at++) reader.push(`data: ${'x'.repeat(1024 * 1024)}\n`)
  }
  expect(feed).toThrow('max buffer size')
})

test('the events are the same wherever the chunks are cut and whichever line break is used', () => {
  const block = fc.record({
    id: fc.integer({ min: 0, max: 99 }),
    lines: fc.array(fc.string({ unit: fc.constantFrom('a', 'ß', ' ', ':', '{') }), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  fc.assert(
    fc.property(
      fc.array(block, { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.array(fc.nat(400), { maxLength: 8 }),
      (blocks, eol, cuts) => {
        const text = blocks
          .map(
            ({ id, lines }) =>
              `id: log.${id}${eol}${lines.map((line) => `data: ${line}${eol}`).join('')}${eol}`,
          )
          .join('')
        const expected = blocks.map(({ id, lines }) => ({
          data: lines.join('\n'),
          last_event_id: `log.${id}`,
        }))
        const reader = new SseReader()
        const ends = [...cuts.map((cut) => Math.min(cut, text.length)), text.length].toSorted((a, b) => a - b)
        const events = ends.flatMap((end, at) => reader.push(text.slice(ends[at - 1] ?? 0, end)))
        expect(events).toEqual(expected)
      },
    ),
  )
})
