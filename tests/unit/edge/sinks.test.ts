import { describe, expect, test } from 'bun:test'
import { CLOSE } from '../../../src/contracts/close-codes.ts'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { CompiledFilter } from '../../../src/edge/event-filter.ts'
import { SendQueue } from '../../../src/edge/send-queue.ts'
import { type ReplayPage, SseSink, type Start } from '../../../src/edge/sse-sink.ts'
import { WsSink } from '../../../src/edge/ws-sink.ts'
import { FakeSocketPort } from '../../support/fake-socket-port.ts'
import { personOf } from '../../support/samples.ts'

const credential = { principal: personOf('u') }
const everything = () => new CompiledFilter({ subscriptions: { mode: 'all', topics: [] } })
const text = (chunk: Uint8Array) => new TextDecoder().decode(chunk)
const frame = (n: number) => new TextEncoder().encode(`id: log.${n}\ndata: ${n}\n\n`)

function replayOf(state: { head: number }, start: Start = { from: 'head' }) {
  const failures: string[] = []
  return {
    log: 'log',
    heartbeat_seconds: 15,
    failures,
    failed: (stage: string) => void failures.push(stage),
    head: () => state.head,
    start: async () => start,
    async page(_sink: SseSink, position: number): Promise<ReplayPage> {
      await Bun.sleep(0)
      const last = Math.min(state.head, position + 3)
      const entries = Array.from({ length: last - position }, (_, i) => ({
        frame: frame(position + 1 + i),
        may_have: () => true,
      }))
      return { entries, position: last }
    },
  }
}

const from_start: Start = { from: 'cursor', cursor: { log: 'log', sequence: 0 } }
const numbers = (written: string) => [...written.matchAll(/data: (\d+)/g)].map((m) => Number(m[1]))

describe('E. the send queue', () => {
  test('E1 takes a thousand frames or one MiB, and not one more', () => {
    const by_count = new SendQueue<string>()
    for (let i = 0; i < LIMITS.send_queue_frames_max; i++) expect(by_count.push('x')).toBe(true)
    expect(by_count.push('x')).toBe(false)
    const by_bytes = new SendQueue<string>()
    expect(by_bytes.push('x'.repeat(LIMITS.send_queue_bytes_max))).toBe(true)
    expect(by_bytes.push('x')).toBe(false)
    by_bytes.takeAll()
    expect(by_bytes.push('x')).toBe(true)
  })
})

describe('E. an SSE stream', () => {
  test('E2 replay and live tail are one contiguous sequence, whatever arrives during the replay', async () => {
    const state = { head: 10 }
    const sink = new SseSink(credential, everything())
    let written = ''
    const run = sink.run(undefined, replayOf(state, from_start), (chunk) => {
      written += text(chunk)
      return undefined
    })
    for (let n = 11; n <= 60; n++) {
      state.head = n
      sink.push(frame(n))
      if (n % 7 === 0) await Bun.sleep(1)
    }
    await Bun.sleep(20)
    expect(numbers(written)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    sink.end('gone')
    await run
  })

  test('E3 a reader that takes nothing is ended at the bound, and no other frame is written', async () => {
    const sink = new SseSink(credential, everything())
    let writes = 0
    let why = ''
    sink.onEnd((reason) => {
      why = reason
    })
    const run = sink.run(undefined, replayOf({ head: 0 }), () =>
      ++writes > 1 ? new Promise(() => undefined) : undefined,
    )
    await Bun.sleep(1)
    for (let n = 1; n <= LIMITS.send_queue_frames_max + 2; n++) {
      sink.push(frame(n))
      if (n === 1) await Bun.sleep(1)
    }
    await run
    expect(why).toBe('slow')
    expect(writes).toBe(2)
    expect(sink.queued.frames).toBe(0)
  })

  test('E4 a revocation ends an idle and a stalled stream at once, and nothing queued is written after it', async () => {
    for (const stalled of [false, true]) {
      const sink = new SseSink(credential, everything())
      let written = ''
      let first = true
      const run = sink.run(undefined, replayOf({ head: 0 }), (chunk) => {
        written += text(chunk)
        if (first || !stalled) {
          first = false
          return undefined
        }
        return new Promise(() => undefined)
      })
      await Bun.sleep(1)
      if (stalled) {
        sink.push(frame(1))
        await Bun.sleep(1)
        sink.push(frame(2))
      }
      sink.revoke('key')
      await run
      sink.push(frame(3))
      await Bun.sleep(1)
      expect(written).toContain('"session.revoked","payload":{"reason":"key"}')
      expect(numbers(written)).toEqual(stalled ? [1] : [])
    }
  })

  test('E5 a right that goes during a replay holds for what is not written yet', async () => {
    let allowed = true
    const sink = new SseSink(credential, everything())
    let written = ''
    const replay = replayOf({ head: 3 }, from_start)
    const page = replay.page.bind(replay)
    replay.page = async (s, position) => {
      const found = await page(s, position)
      if (found === 'removed') return found
      return { ...found, entries: found.entries.map((entry) => ({ ...entry, may_have: () => allowed })) }
    }
    const run = sink.run(undefined, replay, (chunk) => {
      written += text(chunk)
      if (written.includes('data: 2')) allowed = false
      return undefined
    })
    while (!sink.live) await Bun.sleep(1)
    sink.end('gone')
    await run
    expect(numbers(written)).toEqual([1, 2])
  })
})

describe('E. a read that fails', () => {
  test('E8 is reported and ends the stream as failed, not as left by its reader', async () => {
    for (const at of ['start', 'page'] as const) {
      const sink = new SseSink(credential, everything())
      let why = ''
      sink.onEnd((reason) => {
        why = reason
      })
      const replay = replayOf({ head: 3 }, from_start)
      replay[at] = async () => {
        throw new Error('broken')
      }
      await sink.run(undefined, replay, () => undefined)
      expect([why, replay.failures.length]).toEqual(['failed', 1])
    }
  })

  test('E8 after the reader left is nobody’s failure', async () => {
    const sink = new SseSink(credential, everything())
    const replay = replayOf({ head: 3 }, from_start)
    replay.page = async () => {
      sink.end('gone')
      throw new Error('given up')
    }
    await sink.run(undefined, replay, () => undefined)
    expect(replay.failures).toEqual([])
  })

  test('E9 when retention overtakes a replay, the reader gets a reset and continues from the head', async () => {
    const sink = new SseSink(credential, everything())
    const replay = replayOf({ head: 9 }, from_start)
    const page = replay.page.bind(replay)
    replay.page = async (s, position) => (position < 3 ? page(s, position) : 'removed')
    let written = ''
    const run = sink.run(undefined, replay, (chunk) => {
      written += text(chunk)
      return undefined
    })
    while (!sink.live) await Bun.sleep(0)
    sink.push(frame(10))
    await Bun.sleep(1)
    expect(written).toContain(
      'id: log.9\ndata: {"type":"events.reset","payload":{"reason":"removed","head":9}}',
    )
    expect(numbers(written)).toEqual([1, 2, 3, 10])
    sink.end('gone')
    await run
  })
})

describe('C. a WebSocket', () => {
  test('C1 a slow reader is closed with 4002 at the bound; up to there nothing is skipped', () => {
    const port = new FakeSocketPort(3)
    const sink = new WsSink(credential, port, () => undefined)
    for (let i = 0; i < LIMITS.send_queue_frames_max + 4; i++) sink.sendText(`${i}`)
    expect(port.sent).toEqual(['0', '1', '2'])
    expect(port.closes).toEqual([CLOSE.slow_consumer])
  })

  test('C2 after a drain it goes on where it stopped', () => {
    const port = new FakeSocketPort(3)
    const sink = new WsSink(credential, port, () => undefined)
    for (let i = 0; i < 6; i++) sink.sendText(`${i}`)
    port.drains()
    sink.drained()
    sink.sendText('6')
    expect(port.sent).toEqual(['0', '1', '2', '3', '4', '5', '6'])
  })

  test('C3 a channel goes live once, and a closed connection joins nothing', () => {
    const port = new FakeSocketPort()
    const sink = new WsSink(credential, port, () => undefined)
    const state = { seq: 4, phase: 'catching_up' as const }
    sink.goLive('org/c', state)
    sink.goLive('org/c', state)
    expect([...port.joined]).toEqual(['org/c'])
    sink.close(CLOSE.restarting, '')
    sink.goLive('org/d', { seq: 0, phase: 'catching_up' })
    expect([...port.joined]).toEqual([])
  })

  test('C31 a channel goes live only when no frame of ours waits: published ones would overtake it', async () => {
    const port = new FakeSocketPort(1)
    const sink = new WsSink(credential, port, () => undefined)
    sink.sendText('taken')
    const state = { seq: 4, phase: 'catching_up' as const }
    expect(sink.goLive('org/a', state)).toBe(true)
    sink.sendText('queued')
    expect(sink.goLive('org/b', { ...state, phase: 'catching_up' })).toBe(false)
    let room = false
    const waited = sink.room().then(() => {
      room = true
    })
    await Promise.resolve()
    expect(room).toBe(false)
    port.drains()
    sink.drained()
    await waited
    expect(sink.goLive('org/b', { ...state, phase: 'catching_up' })).toBe(true)
    expect([port.sent, [...port.joined]]).toEqual([
      ['taken', 'queued'],
      ['org/a', 'org/b'],
    ])
  })

  test('C31 frames that are pulled stop at the reader’s pace and end with the connection', async () => {
    const port = new FakeSocketPort(3)
    const sink = new WsSink(credential, port, () => undefined)
    const texts = ['1', '2', '3', '4', '5']
    const pulled = sink.pull(() => texts.shift())
    await Bun.sleep(0)
    expect([port.sent, texts]).toEqual([
      ['1', '2', '3'],
      ['4', '5'],
    ])
    sink.lost()
    await pulled
    const left = new FakeSocketPort()
    left.peerLeaves()
    const gone = new WsSink(credential, left, () => undefined)
    await gone.pull(() => 'never')
    expect(gone.closed).toBe(true)
  })

  test('C5 what the runtime holds for a peer counts towards its bound', () => {
    const port = new FakeSocketPort()
    const sink = new WsSink(credential, port, () => undefined)
    port.buffered = LIMITS.send_queue_bytes_max
    sink.checkSlow()
    expect(port.closes).toEqual([])
    port.buffered++
    sink.checkSlow()
    expect(port.closes).toEqual([CLOSE.slow_consumer])
  })

  test('C22 answers of one turn leave in one write, in order, and none after a close', async () => {
    const port = new FakeSocketPort()
    const sink = new WsSink(credential, port, () => undefined)
    const ack = (client_id: string) =>
      ({ type: 'ack', client_id, channel_id: 'c', id: 'i', seq: 1, created_at: '' }) as const
    sink.answer(ack('a'))
    sink.answer(ack('b'))
    await Promise.resolve()
    expect(port.sent.map((text) => JSON.parse(text).client_id)).toEqual(['a', 'b'])
    expect(port.corks).toBe(1)
    sink.answer(ack('c'))
    sink.answer(ack('d'))
    sink.close(CLOSE.restarting, '')
    await Promise.resolve()
    expect(port.sent).toHaveLength(2)
  })

  test('C21 a peer is pinged every 30 seconds, whatever goes over its socket, and cut when nothing comes back', () => {
    const port = new FakeSocketPort()
    const sink = new WsSink(credential, port, () => undefined)
    for (let second = 0; second <= 74; second++) {
      sink.sendText('traffic')
      sink.checkAlive(second * 1_000)
    }
    expect([port.pings, port.closes]).toEqual([2, []])
    sink.heard(74_000)
    sink.checkAlive(149_000)
    expect([port.pings, port.closes]).toEqual([3, []])
    sink.checkAlive(149_001)
    expect(port.closes).toEqual([-1])
    expect(sink.closed_with).toBe(CLOSE.silent)
  })

  test('C4 a peer that does not answer the close frame is cut', () => {
    const port = new FakeSocketPort()
    let later = () => {}
    let later_ms = 0
    const sink = new WsSink(credential, port, (ms, fire) => {
      later = fire
      later_ms = ms
    })
    sink.revoke('session')
    // A revoked stream is closed within a second, also for whoever does not read the close frame.
    expect(later_ms).toBeLessThan(1_000)
    later()
    expect(port.closes).toEqual([CLOSE.revoked, -1])
  })
})
