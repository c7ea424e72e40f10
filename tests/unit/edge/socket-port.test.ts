import { describe, test } from 'bun:test'
import { FakeSocketPort, FakeTopics } from '../../support/fake-socket-port.ts'
import { SOCKET_PORT_RULES, type SocketPortUnderTest } from '../../support/socket-port-contract.ts'

/** Bun's socket runs the same suite in tests/integration/realtime/socket-port.test.ts. */
async function make(): Promise<SocketPortUnderTest> {
  const topics = new FakeTopics()
  const port = new FakeSocketPort(8, topics)
  let drains = 0
  return {
    port,
    publish: (topic, text) => topics.publish(topic, text),
    drains: () => drains,
    peer: {
      texts: () => port.sent,
      pings: () => port.pings,
      close_code: () => port.closes.find((code) => code > 0),
      ended: () => port.closes.length > 0,
      stall: () => undefined,
      resume() {
        port.drains()
        drains++
      },
      leave: async () => port.peerLeaves(),
    },
  }
}

describe('the contract of a socket port: fake', () => {
  for (const [title, holds] of SOCKET_PORT_RULES) test(title, () => holds(make))
})
