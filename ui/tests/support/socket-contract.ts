import assert from 'node:assert/strict'
import type { SocketLike } from '../../src/realtime/chat-socket.ts'
import { type Rule, turn, until } from './rule.ts'

/** A socket that is connecting, and the server's side of it. */
export interface SocketUnderTest {
  socket: SocketLike
  server: {
    accept(): Promise<void>
    /** Answers the handshake with an HTTP error. */
    refuse(): Promise<void>
    say(text: string): Promise<void>
    end(code: number): Promise<void>
    /** Cuts the connection without a close frame. */
    cut(): Promise<void>
    received(): Promise<string[]>
  }
}

/** Notes what the handlers are called with, and the state of the socket at that time. */
function heardBy(socket: SocketLike): string[] {
  const heard: string[] = []
  socket.onopen = () => heard.push(`open ${socket.readyState}`)
  socket.onmessage = ({ data }) => heard.push(`${data} ${socket.readyState}`)
  socket.onclose = ({ code }) => heard.push(`close ${code} ${socket.readyState}`)
  return heard
}

async function opened(make: () => Promise<SocketUnderTest>) {
  const made = await make()
  const heard = heardBy(made.socket)
  await made.server.accept()
  await until(() => made.socket.readyState === 1)
  return { ...made, heard }
}

const TEXTS = ['{"type":"1"}', '{"type":"2"}', '{"type":"3"}']

export const SOCKET_RULES: Rule<SocketUnderTest>[] = [
  [
    'it opens once, and frames come in order as texts',
    async (make) => {
      const { socket, server } = await make()
      const heard = heardBy(socket)
      assert.equal(socket.readyState, 0)
      await turn()
      assert.deepEqual(heard, [])
      await server.accept()
      for (const text of TEXTS) await server.say(text)
      await until(() => heard.length === 4)
      assert.deepEqual(heard, ['open 1', ...TEXTS.map((text) => `${text} 1`)])
    },
  ],
  [
    'it refuses to send before it is open',
    async (make) => {
      const { socket } = await make()
      assert.throws(() => socket.send(TEXTS[0] ?? ''), { name: 'InvalidStateError' })
      // A browser opens the sockets of a host one after the other.
      socket.close()
    },
  ],
  [
    'frames reach the server in order',
    async (make) => {
      const { socket, server } = await opened(make)
      for (const text of TEXTS) socket.send(text)
      await until(async () => (await server.received()).length === 3)
      assert.deepEqual(await server.received(), TEXTS)
    },
  ],
  ...[4001, 1012].map(
    (code): Rule<SocketUnderTest> => [
      `the server's close is told once with its code ${code}, after the frames before it`,
      async (make) => {
        const { socket, server, heard } = await opened(make)
        await server.say(TEXTS[0] ?? '')
        await server.end(code)
        await until(() => socket.readyState === 3 && heard.length === 3)
        await turn()
        assert.deepEqual(heard, ['open 1', `${TEXTS[0]} 1`, `close ${code} 3`])
        socket.send(TEXTS[1] ?? '')
        socket.close()
        await turn()
        assert.equal(heard.length, 3)
        assert.deepEqual(await server.received(), [])
      },
    ],
  ),
  [
    'a connection that is cut or refused is closed with 1006',
    async (make) => {
      const { server, heard } = await opened(make)
      await server.cut()
      await until(() => heard.length === 2)
      const refused = await make()
      const heard_of_refused = heardBy(refused.socket)
      await refused.server.refuse()
      await until(() => heard_of_refused.length > 0)
      assert.deepEqual([heard, heard_of_refused], [['open 1', 'close 1006 3'], ['close 1006 3']])
    },
  ],
  [
    'after a close of this side nothing is sent or heard but its end, which is told later',
    async (make) => {
      const { socket, server, heard } = await opened(make)
      socket.close()
      assert.deepEqual([socket.readyState, heard], [2, ['open 1']])
      socket.send(TEXTS[0] ?? '')
      socket.close()
      await server.say(TEXTS[1] ?? '')
      await until(() => heard.length > 1)
      await turn()
      assert.deepEqual(heard, ['open 1', 'close 1005 3'])
      assert.deepEqual(await server.received(), [])
    },
  ],
  [
    'one that is closed while it connects never opens',
    async (make) => {
      const { socket, server } = await make()
      const heard = heardBy(socket)
      socket.close()
      assert.deepEqual([socket.readyState, heard], [2, []])
      await server.accept()
      await until(() => heard.length > 0)
      await turn()
      assert.deepEqual(heard, ['close 1006 3'])
    },
  ],
  [
    'handlers that were taken away are not called',
    async (make) => {
      const { socket, server, heard } = await opened(make)
      socket.onmessage = null
      socket.onclose = null
      await server.say(TEXTS[0] ?? '')
      socket.close()
      await until(() => socket.readyState === 3)
      assert.deepEqual(heard, ['open 1'])
    },
  ],
]
