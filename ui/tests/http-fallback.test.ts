import { expect, test } from 'bun:test'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { HttpFallback } from '../src/realtime/http-fallback.ts'

function setUp() {
  const clock = new FakeClock()
  const changes: boolean[] = []
  const fallback = new HttpFallback(clock, (on) => changes.push(on))
  return { clock, changes, fallback }
}
const waiting = { is: 'waiting', retry_at: 0 } as const

test('chat goes over HTTP while the stream is live and no socket gets through', async () => {
  const { clock, changes, fallback } = setUp()
  fallback.stream('live')
  fallback.socket(waiting)
  await clock.advance(3_000)
  // A further attempt does not begin the wait anew.
  fallback.socket({ is: 'connecting' })
  fallback.socket(waiting)
  expect(changes).toEqual([])
  await clock.advance(1_000)
  expect(changes).toEqual([true])
  fallback.socket({ is: 'connecting' })
  expect(fallback.on).toBe(true)
  fallback.socket({ is: 'live' })
  expect(changes).toEqual([true, false])
})

test('chat waits while the stream is not live either: the server is away', async () => {
  const { clock, changes, fallback } = setUp()
  fallback.socket(waiting)
  await clock.advance(60_000)
  fallback.stream('live')
  await clock.advance(3_000)
  fallback.stream('waiting')
  await clock.advance(60_000)
  expect(changes).toEqual([])
})

test('chat stops when the socket has ended for good', async () => {
  const { clock, changes, fallback } = setUp()
  fallback.stream('live')
  await clock.advance(4_000)
  fallback.socket({ is: 'ended', why: 'revoked' })
  expect(changes).toEqual([true, false])
})
