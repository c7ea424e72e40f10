import { expect, test } from 'bun:test'
import { HungUp, readJson, SlowBody } from '../../../src/http/body.ts'

const LIMIT_MS = 20

/** The signal is set afterwards: the tests of the app, in the same process, replace the global class. */
function post(body: ReadableStream, headers: Record<string, string> = {}, signal?: AbortSignal): Request {
  const request = new Request('http://localhost/', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', ...headers },
  })
  return signal ? Object.defineProperty(request, 'signal', { value: signal }) : request
}

test('W7 a body that trickles is refused at the deadline', async () => {
  let timer: Timer | undefined
  const trickle = new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(new Uint8Array([0x20])), 5)
    },
  })
  expect(readJson(post(trickle), { body_ms: LIMIT_MS })).rejects.toBeInstanceOf(SlowBody)
  await Bun.sleep(2 * LIMIT_MS)
  clearInterval(timer)
  const silent = new ReadableStream({ start: () => undefined })
  expect(readJson(post(silent, { 'Content-Length': '10' }), { body_ms: LIMIT_MS })).rejects.toBeInstanceOf(
    SlowBody,
  )
})

test('W7 a body that ends with its connection is no failure of the server', async () => {
  const abort = new AbortController()
  const broken = new ReadableStream({
    pull(controller) {
      abort.abort()
      controller.error(new Error('The connection was closed.'))
    },
  })
  expect(readJson(post(broken, {}, abort.signal))).rejects.toBeInstanceOf(HungUp)
})
