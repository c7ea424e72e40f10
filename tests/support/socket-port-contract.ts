import assert from 'node:assert/strict'
import type { SocketPort } from '../../src/edge/ws-sink.ts'

/** An open socket of a node, and its peer. */
export interface SocketPortUnderTest {
  port: SocketPort
  /** Publishes a frame to a topic of the node. */
  publish(topic: string, text: string): void
  /** How often the runtime said that its buffer is empty again. */
  drains(): number
  peer: {
    texts(): string[]
    pings(): number
    close_code(): number | undefined
    /** True when the connection is gone. */
    ended(): boolean
    /** It reads nothing from now on. */
    stall(): void
    resume(): void
    /** It cuts the connection; resolves when the node has seen it. */
    leave(): Promise<void>
  }
}

type Rule = [title: string, holds: (make: () => Promise<SocketPortUnderTest>) => Promise<void>]

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

const FRAME = 'x'.repeat(60_000)

/** Sends frames to a peer that does not read until it is behind; returns what was sent. */
function fill({ port, peer }: SocketPortUnderTest): string[] {
  peer.stall()
  const sent: string[] = []
  do sent.push(`${sent.length} ${FRAME}`)
  while (port.send(sent.at(-1) ?? '') && sent.length < 1_000)
  assert.ok(sent.length < 1_000, 'the peer is behind')
  return sent
}

export const SOCKET_PORT_RULES: Rule[] = [
  [
    'frames reach a peer that reads, in order',
    async (make) => {
      const { port, peer } = await make()
      assert.deepEqual(
        ['a', 'b', 'c'].map((text) => port.send(text)),
        [true, true, true],
      )
      await until(() => peer.texts().length === 3)
      assert.deepEqual([peer.texts(), port.waiting()], [['a', 'b', 'c'], 0])
    },
  ],
  [
    'a frame that makes a peer fall behind is taken, and a drain follows when it reads again',
    async (make) => {
      const made = await make()
      const { port, peer } = made
      const sent = fill(made)
      assert.ok(port.waiting() > 0)
      assert.equal(made.drains(), 0)
      peer.resume()
      await until(() => made.drains() > 0)
      assert.equal(port.waiting(), 0)
      assert.equal(port.send('last'), true)
      await until(() => peer.texts().at(-1) === 'last')
      assert.deepEqual(
        peer.texts().map((text) => text.slice(0, 8)),
        [...sent, 'last'].map((text) => text.slice(0, 8)),
      )
    },
  ],
  [
    'corked frames leave in order; the write runs in the call',
    async (make) => {
      const { port, peer } = await make()
      port.send('before')
      let ran = false
      port.cork(() => {
        ran = true
        for (const text of ['a', 'b']) port.send(text)
      })
      assert.equal(ran, true)
      port.send('after')
      await until(() => peer.texts().length === 4)
      assert.deepEqual(peer.texts(), ['before', 'a', 'b', 'after'])
    },
  ],
  [
    'published frames reach a socket that joined the topic, once, among its own frames, until it leaves',
    async (make) => {
      const { port, peer, publish } = await make()
      publish('t', 'early')
      port.join('t')
      port.join('t')
      port.send('1')
      publish('t', '2')
      publish('other', 'not joined')
      port.send('3')
      port.leave('t')
      port.leave('t')
      publish('t', 'late')
      port.send('4')
      await until(() => peer.texts().includes('4'))
      assert.deepEqual(peer.texts(), ['1', '2', '3', '4'])
    },
  ],
  [
    'a frame that is published to a peer that is behind waits, and counts as waiting',
    async (make) => {
      const made = await make()
      const { port, peer } = made
      port.join('t')
      const sent = fill(made)
      const before = port.waiting()
      made.publish('t', FRAME)
      assert.ok(port.waiting() >= before + FRAME.length)
      peer.resume()
      await until(() => peer.texts().length === sent.length + 1)
      assert.equal(peer.texts().at(-1), FRAME)
    },
  ],
  [
    'a close tells its code after the frames before it, and ends everything',
    async (make) => {
      const { port, peer, publish } = await make()
      port.join('t')
      port.send('last')
      port.close(4002, 'slow')
      assert.equal(port.send('after'), false)
      publish('t', 'published after')
      port.cork(() => assert.fail('a closed socket runs no write'))
      port.join('t')
      port.leave('t')
      port.ping()
      port.close(4001, 'again')
      await until(() => peer.close_code() !== undefined)
      assert.deepEqual([peer.close_code(), peer.texts(), port.waiting()], [4002, ['last'], 0])
    },
  ],
  [
    'a cut ends the connection without a close frame, and has no effect a second time',
    async (make) => {
      const { port, peer, publish } = await make()
      port.join('t')
      port.terminate()
      port.terminate()
      assert.equal(port.send('after'), false)
      publish('t', 'after')
      port.close(4001, 'after')
      await until(() => peer.ended())
      assert.deepEqual([peer.close_code(), peer.texts()], [undefined, []])
    },
  ],
  [
    'a peer that left takes nothing, and no call fails',
    async (make) => {
      const { port, peer, publish } = await make()
      port.join('t')
      await peer.leave()
      assert.equal(port.send('after'), false)
      port.cork(() => assert.fail('a socket that is gone runs no write'))
      publish('t', 'after')
      port.join('u')
      port.leave('t')
      port.ping()
      port.close(4001, 'after')
      port.terminate()
      assert.deepEqual([port.waiting(), peer.texts()], [0, []])
    },
  ],
  [
    'a ping reaches the peer',
    async (make) => {
      const { port, peer } = await make()
      port.ping()
      await until(() => peer.pings() === 1)
    },
  ],
]
