import { afterAll, afterEach, beforeAll, expect, test } from 'bun:test'
import { until } from '../../../tests/support/streams.ts'
import { AgentClient } from '../../src/server/agent-client.ts'
import { type Incoming, ServerAway } from '../../src/server/port.ts'
import { OpenStream } from '../support/misbehaving-server.ts'
import { selfSigned } from '../support/self-signed.ts'

let url: string
let stop: () => Promise<void>
let client: AgentClient

beforeAll(async () => {
  const server = Bun.serve({
    port: 0,
    idleTimeout: 0,
    tls: await selfSigned(),
    fetch(request, self) {
      if (request.url.endsWith('/channels/ws')) {
        self.upgrade(request)
        return undefined
      }
      if (request.url.endsWith('/events/stream'))
        return new OpenStream().opened('abcd1234', 1, false).response
      return Response.json({ id: 'u1' })
    },
    websocket: {
      message(socket) {
        socket.send(JSON.stringify({ type: 'ready', log: 'abcd1234', user_id: 'u1', channels: [] }))
      },
    },
  })
  url = `https://localhost:${server.port}`
  stop = () => server.stop(true)
})
afterAll(() => stop())
afterEach(() => client.close())

function connect(verify_tls: boolean) {
  client = new AgentClient({ url, org_slug: 'fieldnote', api_key: 'key', tries: 1, verify_tls })
  let opened = false
  client.onDelivery(
    () => undefined,
    () => {
      opened = true
    },
  )
  const items: Incoming[] = []
  void (async () => {
    for await (const item of client.events(null, new AbortController().signal)) items.push(item)
  })()
  return { items, isOpen: () => opened }
}

test('a certificate that nobody vouches for is refused by calls, stream and socket, and named', async () => {
  const { items, isOpen } = connect(true)
  const error = await client.me().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ServerAway)
  expect(String(error)).toContain('SELF_SIGNED_CERT')
  await until(() => items.length > 0)
  expect(items).toMatchObject([{ mode: 'connecting', reason: expect.stringContaining('SELF_SIGNED_CERT') }])
  expect(isOpen()).toBe(false)
})

test('without verification all three connect', async () => {
  const { items, isOpen } = connect(false)
  expect(await client.me()).toMatchObject({ id: 'u1' })
  await until(() => isOpen() && items.some(({ kind }) => kind === 'opened'))
})
