import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { SseParser } from '../src/sse-parser.ts'

test('reads data, ids and retry; comments and unknown fields are passed over', () => {
  const parser = new SseParser()
  const events = parser.push(
    'retry: 1000\nid: log.1\ndata: {"a":1}\n\n: heartbeat\nid: log.5\n\nevent: x\ndata: one\ndata: two\n\n',
  )
  expect(events).toEqual([
    { data: '{"a":1}', last_event_id: 'log.1' },
    { data: 'one\ntwo', last_event_id: 'log.5' },
  ])
  expect(parser.retry_ms).toBe(1000)
  expect(parser.last_event_id).toBe('log.5')
})

test('an id without data moves the cursor; an id with NUL is ignored; a block that is not ended is not dispatched', () => {
  const parser = new SseParser()
  expect(parser.push('id: a\n\nid: b\0\n\ndata: never')).toEqual([])
  expect(parser.last_event_id).toBe('a')
})

test('gives the same events wherever the chunks are cut and whichever line break is used', () => {
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
        const whole = blocks.map(({ id, lines }) => ({ data: lines.join('\n'), last_event_id: `log.${id}` }))
        const parser = new SseParser()
        const places = [...new Set([0, ...cuts.map((c) => Math.min(c, text.length)), text.length])].toSorted(
          (a, b) => a - b,
        )
        const got = places.slice(1).flatMap((end, i) => parser.push(text.slice(places[i], end)))
        got.push(...parser.push('\n'))
        expect(got.slice(0, whole.length)).toEqual(whole)
      },
    ),
  )
})
