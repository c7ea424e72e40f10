import { describe, expect, test } from 'bun:test'
import type { StreamEnvelope } from '../../src/contracts/events.ts'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { EventStream, type StreamState } from '../src/realtime/event-stream.ts'
import { FakeSource } from './support/fake-source.ts'
import { smallEvent } from './support/samples.ts'

function setUp() {
  const sources: FakeSource[] = []
  const timers = new FakeClock()
  const heard: [StreamEnvelope['type'], string][] = []
  const states: StreamState[] = []
  const stream = new EventStream(
    (cursor) => {
      const source = new FakeSource(cursor)
      sources.push(source)
      return source
    },
    {
      envelope: (envelope, cursor) => heard.push([envelope.type, cursor]),
      state: (state) => states.push(state),
    },
    timers,
    () => 1,
  )
  const last = () => {
    const found = sources.at(-1)
    if (!found) throw new Error('no source was opened')
    return found
  }
  return { stream, sources, timers, heard, states, last }
}

describe('event stream', () => {
  test('tells each envelope with the cursor behind it', () => {
    const { stream, last, heard, states } = setUp()
    stream.start('abcd.7')
    expect(last().cursor).toBe('abcd.7')
    last().opened()
    last().says(smallEvent(), 'abcd.8')
    last().says({ type: 'notification.created', sequence: null, payload: {} }, 'abcd.8')
    expect(heard).toEqual([
      ['channel.loop_resumed', 'abcd.8'],
      ['notification.created', 'abcd.8'],
    ])
    expect(states).toEqual(['connecting', 'live'])
  })

  test('leaves reconnecting to the source while the source does it', async () => {
    const { stream, sources, last, timers, states } = setUp()
    stream.start(undefined)
    last().opened()
    last().fails(0)
    await timers.advance(30_000)
    expect(sources).toHaveLength(1)
    expect(states.at(-1)).toBe('connecting')
  })

  test('a source that may be dead is replaced at the last cursor', () => {
    const { stream, sources, last } = setUp()
    stream.start(undefined)
    last().opened()
    last().says(smallEvent(), 'abcd.12')
    stream.reopen()
    expect(sources.map(({ closed }) => closed)).toEqual([true, false])
    expect(last().cursor).toBe('abcd.12')
    stream.stop()
    stream.reopen()
    expect(sources).toHaveLength(2)
  })

  test('opens anew at the last cursor when the source gave up', async () => {
    const { stream, sources, last, timers, states } = setUp()
    stream.start(undefined)
    last().opened()
    last().says(smallEvent(), 'abcd.12')
    last().fails(2)
    expect(states.at(-1)).toBe('waiting')
    await timers.advance(30_000)
    expect(sources).toHaveLength(2)
    expect(last().cursor).toBe('abcd.12')
  })

  test('a source that is silent for more than two heartbeats is replaced at the last cursor', async () => {
    const { stream, sources, last, timers, states } = setUp()
    stream.start(undefined)
    last().opened()
    const payload = { log: 'abcd', head: 12, heartbeat_seconds: 4 }
    last().says({ type: 'stream.opened', payload }, 'abcd.12')
    for (let beats = 0; beats < 30; beats++) {
      await timers.advance(4_000)
      last().says(undefined, 'abcd.12')
    }
    expect(sources).toHaveLength(1)
    await timers.advance(9_999)
    expect(sources).toHaveLength(1)
    await timers.advance(1)
    expect(sources.map(({ closed }) => closed)).toEqual([true, false])
    expect(last().cursor).toBe('abcd.12')
    expect(states.at(-1)).toBe('connecting')
  })

  test('a request that is never answered is made anew', async () => {
    const { stream, sources, timers, last } = setUp()
    stream.start('abcd.3')
    await timers.advance(40_000)
    expect(sources).toHaveLength(2)
    expect(last().cursor).toBe('abcd.3')
  })

  test('a check after a suspend replaces a silent source at once, and leaves a live one alone', async () => {
    const { stream, sources, last, timers } = setUp()
    stream.start(undefined)
    last().opened()
    stream.check()
    expect(sources).toHaveLength(1)
    timers.suspend(3_600_000)
    stream.check()
    expect(sources).toHaveLength(2)
  })

  test('ends for good when the session was revoked', async () => {
    const { stream, sources, last, timers, states, heard } = setUp()
    stream.start(undefined)
    last().opened()
    last().says({ type: 'session.revoked', payload: { reason: 'session' } }, '')
    await timers.advance(120_000)
    expect(heard.map(([type]) => type)).toEqual(['session.revoked'])
    expect(states.at(-1)).toBe('ended')
    expect(sources).toHaveLength(1)
    stream.retryNow()
    expect(sources).toHaveLength(1)
  })

  test('drops what is not an envelope', () => {
    const { stream, last, heard } = setUp()
    stream.start(undefined)
    last().opened()
    for (const noise of ['', '7', 'null', '{}', '{broken']) last().says(noise, 'abcd.3')
    expect(heard).toEqual([])
  })
})
