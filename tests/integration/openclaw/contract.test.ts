import { afterAll, beforeAll, describe, test } from 'bun:test'
import type { GatewayUnderTest } from '../../support/gateway-contract/connected.ts'
import { GATEWAY_RULES } from '../../support/gateway-contract.ts'
import { RealGateway } from '../../support/openclaw/gateway.ts'
import { OPENCLAW_VERSIONS } from '../../support/openclaw/install.ts'

for (const version of OPENCLAW_VERSIONS)
  describe(`B65 the contract of a gateway, held by OpenClaw ${version}`, () => {
    let real: RealGateway

    beforeAll(async () => {
      real = await RealGateway.start(version)
    })

    afterAll(() => real.stop())

    const underTest = (): GatewayUnderTest => ({
      url: real.url,
      remote_url: real.remote_url,
      token: real.token,
      version: new RegExp(`^${RegExp.escape(version)}$`),
      async restart() {
        await real.kill()
        await real.start()
      },
      async drain() {
        real.terminate()
      },
      open: (name) => real.model.gates.open(name),
      asked: (part) =>
        real.model.calls
          .filter(({ transcript }) => transcript.some(({ text }) => text.includes(part)))
          .map(({ model, system }) => ({ model, system_prompt: system })),
      approve: (request_id) => real.approve(request_id),
      removeDevice: (device_id) => real.removeDevice(device_id),
    })

    for (const [title, holds] of GATEWAY_RULES) test(title, () => holds(underTest()))
  })
