import { describe, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GatewayUnderTest } from '../../support/gateway-contract/connected.ts'
import { GATEWAY_RULES } from '../../support/gateway-contract.ts'
import { Gates } from '../../support/mock-gateway/gates.ts'
import { MockGateway, type MockGatewayOptions } from '../../support/mock-gateway/gateway.ts'
import { askedOf, type TurnLog } from '../../support/mock-gateway/turns.ts'
import { OPENCLAW_VERSIONS } from '../../support/openclaw/install.ts'

/** A mock gateway in a folder of its own, and its restarts. */
async function withMock(version: string, run: (gateway: GatewayUnderTest) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mc-mock-gateway-'))
  const gates = new Gates()
  const options: MockGatewayOptions = { folder, port: 0, remote_port: 0, gates, faults: { version } }
  let mock = new MockGateway(options)
  /** Turns of the lives that were killed. */
  const before: TurnLog[] = []
  const { port, remote_port } = mock
  try {
    await run({
      url: mock.url,
      remote_url: mock.remote_url,
      token: mock.token,
      version: new RegExp(`^${RegExp.escape(version)}$`),
      async restart() {
        before.push(...mock.turns)
        await mock.kill()
        mock = new MockGateway({ ...options, port, remote_port })
      },
      async drain() {
        mock.set({ draining: true })
      },
      open: (name) => gates.open(name),
      asked: (part) => [...before, ...mock.turns].filter(({ prompt }) => prompt.includes(part)).map(askedOf),
      removeDevice: async (device_id) => mock.removeDevice(device_id),
      async approve(request_id) {
        if (!mock.approve(request_id)) throw new Error(`There is no request ${request_id}`)
      },
    })
  } finally {
    await mock.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

for (const version of OPENCLAW_VERSIONS)
  describe(`B65 the contract of a gateway, held by the mock of ${version}`, () => {
    for (const [title, holds] of GATEWAY_RULES) test.concurrent(title, () => withMock(version, holds))
  })
