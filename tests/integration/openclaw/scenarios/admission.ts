/** Bridges that the gateway lets in, or does not. */
import { expect } from 'bun:test'
import { join } from 'node:path'
import { GatewayClient } from '../../../../bridge/src/gateway/client.ts'
import { Device } from '../../../../bridge/src/gateway/device.ts'
import { OLDEST_GATEWAY, PROTOCOL } from '../../../../bridge/src/gateway/versions.ts'
import { type BridgeProcess, startBridge } from '../../../support/bridge-process.ts'
import { addAgent } from '../../../support/client.ts'
import { type Relay, startRelay } from '../../../support/openclaw/relay.ts'
import type { Scenario, World } from '../world.ts'

const QUIET = 'updates:\n  auto_check: false'

export const ADMISSION: Scenario[] = [
  [
    'a gateway of another protocol ends the bridge, which names both',
    async (world) => {
      await using relay = startRelay(world.gateway.url, {
        up: (text) => text.replace(/"(minProtocol|maxProtocol)":\d+/g, `"$1":${PROTOCOL - 1}`),
        down: (text) => text.replace(/"expectedProtocol":\d+/, `"expectedProtocol":${PROTOCOL + 1}`),
      })
      const output = await refusedBridge(world, relay, 'protocol')
      expect(output).toContain(
        `The gateway speaks protocol ${PROTOCOL + 1}; this bridge speaks protocol ${PROTOCOL}`,
      )
    },
  ],
  [
    'a gateway of a release that is too old ends the bridge, which names both',
    async (world) => {
      const real = world.gateway.version
      await using relay = startRelay(world.gateway.url, {
        down: (text) => text.replaceAll(`"version":"${real}"`, '"version":"2026.7.4"'),
      })
      const output = await refusedBridge(world, relay, 'version')
      expect(output).toContain(
        `The gateway is OpenClaw 2026.7.4; this bridge needs OpenClaw ${OLDEST_GATEWAY}`,
      )
    },
  ],
  [
    'pairing from nothing: the bridge says what to do, is approved, and works with its device token alone',
    async (world) => {
      const { gateway } = world
      const agent = await addAgent(world.admin, 'paired')
      const device_path = join(world.folder, 'pairing', 'device.json')
      const bridge = await startBridge(
        {
          folder: join(world.folder, 'pairing'),
          server_url: world.server.url,
          gateway: { url: gateway.remote_url, device_path },
          agents: [{ name: 'paired', key: agent.key, org: world.admin.org }],
          sections: QUIET,
        },
        { ready: false },
      )
      try {
        await refusal(world, bridge, /this bridge is not paired yet: run mc-bridge init/)
        await bridge.kill('SIGTERM')
        await pair(world, device_path)
        await bridge.start()
        await bridge.ready()
        const channel = await world.channel()
        expect((await world.answer(await world.say(channel, '@paired ECHO as a device'))).content).toBe(
          'as a device',
        )
        await bridge.kill()
        await bridge.start()
        await bridge.ready()
        expect((await world.answer(await world.say(channel, '@paired ECHO once more'))).content).toBe(
          'once more',
        )
        const { token } = Device.load(device_path)
        for (const secret of [gateway.token, token ?? '', agent.key])
          expect(bridge.log()).not.toContain(secret)
        expect(token).not.toBeNull()
      } finally {
        await bridge.stop()
      }
    },
  ],
]

/** What a bridge printed that a gateway ended. */
async function refusedBridge(world: World, { url }: Relay, name: string): Promise<string> {
  const bridge = await startBridge(
    {
      folder: join(world.folder, name),
      server_url: world.server.url,
      gateway: { url, token: world.gateway.token },
      agents: [{ name: 'scout', key: world.scout.key, org: world.admin.org }],
      sections: QUIET,
    },
    { ready: false },
  )
  expect(await bridge.ended()).toBe(2)
  return bridge.log()
}

async function refusal(world: World, bridge: BridgeProcess, words: RegExp): Promise<void> {
  await world.found(`a refusal like ${words}`, async () => {
    const health = await bridge.health().catch(() => undefined)
    return words.test(JSON.stringify(health?.body.reasons ?? [])) || undefined
  })
}

/** Presents the shared token once, and lets the device be approved with the command that the client shows. */
async function pair({ gateway }: World, device_path: string): Promise<void> {
  const auth = { kind: 'device' as const, device: Device.load(device_path), shared_token: gateway.token }
  const client = new GatewayClient({
    url: gateway.remote_url,
    auth,
    owns: () => false,
    version: '0.0.0-test',
  })
  try {
    const { promise, resolve } = Promise.withResolvers<string>()
    client.onLink((link) => {
      if (link.status === 'refused' && link.reason === 'pairing_required') resolve(link.message)
    })
    const [, request_id] = /openclaw devices approve (\S+)$/.exec(await promise) ?? []
    await gateway.approve(request_id ?? '')
    await client.connected(AbortSignal.timeout(90_000))
  } finally {
    await client.close()
  }
}
