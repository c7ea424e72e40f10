import { describe, expect, test } from 'bun:test'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { ChatSocket, type SocketState } from '../src/realtime/chat-socket.ts'
import { FakeSocket } from './support/fake-socket.ts'
import { CHANNEL, ME, message } from './support/samples.ts'

const ready = { type: 'ready', log: 'abcd', user_id: ME, channels: [{ id: CHANNEL, last_seq: 4 }] }

function setUp(random = () => 1) {
  const sockets: FakeSocket[] = []
  const timers = new FakeClock()
  const states: SocketState['is'][] = []
  const frames: string[] = []
  const trips: number[] = []
  const silences: boolean[] = []
  const deaths: number[] = []
  const place = { log: null as string | null, resume: { [CHANNEL]: 4 } as Record<string, number> }
  const socket = new ChatSocket(
    () => {
      const made = new FakeSocket()
      sockets.push(made)
      return made
    },
    {
      resumePoint: () => ({ log: place.log, resume: { ...place.resume } }),
      frame: (frame) => frames.push(frame.type),
      state: (state) => states.push(state.is),
      roundTrip: (ms) => trips.push(ms),
      dead: () => deaths.push(timers.now()),
      silent: (is_silent) => silences.push(is_silent),
    },
    timers,
    random,
  )
  const last = () => {
    const found = sockets.at(-1)
    if (!found) throw new Error('no socket was opened')
    return found
  }
  return { socket, sockets, timers, states, frames, trips, silences, deaths, place, last }
}

describe('chat socket', () => {
  test('says hello with where it stands, and is live when the server is ready', () => {
    const { socket, last, states, frames } = setUp()
    socket.start()
    last().opened()
    expect(last().sent[0]).toEqual({ type: 'hello', log: null, resume: { [CHANNEL]: 4 } })
    expect(socket.send({ type: 'typing', channel_id: CHANNEL })).toBe(false)
    last().says(ready)
    expect(states).toEqual(['connecting', 'live'])
    expect(frames).toEqual(['ready'])
    expect(socket.send({ type: 'typing', channel_id: CHANNEL })).toBe(true)
  })

  test.each([1006, 1012, 4002, 4003, 4029, 1009])(
    'comes back after close %d and resumes where it is by then',
    async (code) => {
      const { socket, sockets, last, timers, place } = setUp()
      socket.start()
      last().opened()
      last().says(ready)
      place.log = 'abcd'
      place.resume[CHANNEL] = 9
      last().ends(code)
      await timers.advance(2_100)
      expect(sockets).toHaveLength(2)
      last().opened()
      expect(last().sent[0]).toEqual({ type: 'hello', log: 'abcd', resume: { [CHANNEL]: 9 } })
    },
  )

  test('does not come back after its credentials were revoked', async () => {
    const { socket, sockets, last, timers, states } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    last().ends(4001)
    await timers.advance(600_000)
    expect(sockets).toHaveLength(1)
    expect(states.at(-1)).toBe('ended')
  })

  test('waits longer after each failure, up to a bound, and starts over after a success', async () => {
    const { socket, sockets, last, timers } = setUp(() => 0.999)
    const waited: number[] = []
    socket.start()
    for (let round = 0; round < 9; round++) {
      last().ends(1006)
      const before = sockets.length
      let ms = 0
      for (; sockets.length === before && ms < 120_000; ms += 100) await timers.advance(100)
      waited.push(ms)
    }
    expect(waited).toEqual([...waited].sort((a, b) => a - b))
    expect(Math.max(...waited)).toBeLessThanOrEqual(20_000)
    last().opened()
    last().says(ready)
    last().ends(1006)
    await timers.advance(600)
    expect(socket.state.is).toBe('connecting')
  })

  test('many clients spread over the whole delay', () => {
    for (const [random, delay] of [
      [0, 0],
      [0.5, 250],
      [0.9, 450],
    ] as const) {
      const { socket, last, timers } = setUp(() => random)
      socket.start()
      last().ends(1006)
      expect(socket.state).toEqual({ is: 'waiting', retry_at: timers.now() + delay })
    }
  })

  test('a server that hangs is reported within 5 s, before the connection is given up', async () => {
    const { socket, last, timers, silences, states } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    last().says({ type: 'pong' })
    expect(silences).toEqual([false])
    await timers.advance(5_000)
    expect(silences).toEqual([false, true])
    expect(states).toEqual(['connecting', 'live'])
    last().says({ type: 'pong' })
    expect(silences.at(-1)).toBe(false)
  })

  test('a ping without an answer means a dead connection', async () => {
    const { socket, sockets, last, timers, trips, deaths } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    await timers.advance(40)
    last().says({ type: 'pong' })
    expect(trips).toEqual([40])
    await timers.advance(2_500)
    expect(last().sent.filter(({ type }) => type === 'ping')).toHaveLength(2)
    await timers.advance(11_000)
    expect(sockets.length).toBeGreaterThan(1)
    expect(sockets[0]?.closed).toBe(true)
    expect(deaths.length).toBe(1)
  })

  test('a connection in doubt is asked at once, and given up sooner', async () => {
    const { socket, sockets, last, timers } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    last().says({ type: 'pong' })
    await timers.advance(1_000)
    socket.check()
    last().says({ type: 'pong' })
    await timers.advance(5_000)
    expect(socket.state).toEqual({ is: 'live' })
    socket.check()
    await timers.advance(3_000)
    expect(sockets[0]?.closed).toBe(true)
    expect(socket.state.is).not.toBe('live')
  })

  test('a server that never gets ready is given up', async () => {
    const { socket, sockets, last, timers } = setUp()
    socket.start()
    last().opened()
    await timers.advance(16_000)
    expect(sockets).toHaveLength(2)
  })

  test('ignores what an abandoned socket still says', async () => {
    const { socket, sockets, last, timers, frames } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    socket.restart()
    await timers.advance(1_000)
    sockets[0]?.says({ type: 'message', message: message(5) })
    sockets[0]?.ends(1006)
    expect(frames).toEqual(['ready'])
    expect(sockets).toHaveLength(2)
  })

  test('drops what is not a frame and stays', () => {
    const { socket, last, frames } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    for (const noise of ['', 'null', '7', '[]', '{"type":7}', '{broken']) last().says(noise)
    expect(frames).toEqual(['ready'])
    expect(socket.state.is).toBe('live')
  })

  test('tries at once when told that the network is back', () => {
    const { socket, sockets, last } = setUp()
    socket.start()
    last().ends(1006)
    socket.retryNow()
    expect(sockets).toHaveLength(2)
    socket.retryNow()
    expect(sockets).toHaveLength(2)
  })

  test('stopped, it leaves nothing behind', () => {
    const { socket, last, timers } = setUp()
    socket.start()
    last().opened()
    last().says(ready)
    socket.stop()
    expect(last().closed).toBe(true)
    expect(timers.waiting).toBe(0)
  })
})
