/** Bridges that the gateway lets in, or does not. */
import { expect } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OLDEST_GATEWAY, PROTOCOL } from '../../../../bridge/src/gateway/versions.ts'
import { startBridge } from '../../../support/bridge-process.ts'
import { addAgent } from '../../../support/client.ts'
import { type Relay, startRelay } from '../../../support/openclaw/relay.ts'
import { Program } from '../../../support/program.ts'
import type { Scenario, World } from '../world.ts'

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
    'a device that is not paired says what to do',
    async (world) => {
      const folder = join(world.folder, 'unpaired')
      const gateway = { url: world.gateway.remote_url, device_path: join(folder, 'device.json') }
      const bridge = await startBridge({ ...scoutIn(world, folder), gateway }, { ready: false })
      try {
        const reason = await world.found('the refusal', async () => {
          const health = await bridge.health().catch(() => undefined)
          return /The gateway refuses the bridge: [^"]*/.exec(JSON.stringify(health?.body ?? ''))?.[0]
        })
        expect(reason).toContain('this bridge is not paired yet: run mc-bridge init')
      } finally {
        await bridge.stop()
      }
    },
  ],
  [
    'pairing from nothing: init shows the command to approve, and the bridge works with its device token alone',
    async (world) => {
      const { gateway, server, admin } = world
      const agent = await addAgent(admin, 'paired')
      const home = join(world.folder, 'pairing')
      const config = join(home, 'comms-bridge.yaml')
      const init = new Program(
        [process.execPath, 'bridge/src/main.ts', 'init', '--yes', '--config', config],
        {
          HOME: home,
          MC_URL: server.url,
          MC_ORG: admin.org,
          MC_API_KEY: agent.key,
          OPENCLAW_GATEWAY_URL: gateway.remote_url,
          OPENCLAW_GATEWAY_TOKEN: gateway.token,
        },
      )
      init.spawn()
      const request_id = await world.found('the command to approve', () => {
        if (!init.running) throw new Error(init.output)
        return /openclaw devices approve (\S+)/.exec(init.output)?.[1]
      })
      await gateway.approve(request_id)
      expect([await init.ended(), init.output]).toEqual([0, expect.stringMatching(/ok {2}Answered after/)])
      expect(init.output).toContain(`Approved: OpenClaw ${gateway.version}`)

      // Neither the shared token nor the key is in its environment any more.
      const run = new Program([process.execPath, 'bridge/src/main.ts', 'run', '--config', config], {
        HOME: home,
      })
      const channel = await world.channel()
      try {
        for (const word of ['as a device', 'after a restart']) {
          run.spawn()
          await listening(world, run, config)
          expect((await world.answer(await world.say(channel, `@paired ECHO ${word}`))).content).toBe(word)
          await run.kill()
        }
      } finally {
        await run.kill()
      }
      const kept = readdirSync(home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
      const told = [init.output, run.output]
      for (const text of [...kept, ...told]) expect(text.includes(gateway.token)).toBe(false)
      for (const text of told) expect(text.includes(agent.key)).toBe(false)
    },
  ],
]

/** What a bridge printed that a gateway ended. */
async function refusedBridge(world: World, { url }: Relay, name: string): Promise<string> {
  const gateway = { url, token: world.gateway.token }
  const bridge = await startBridge({ ...scoutIn(world, join(world.folder, name)), gateway }, { ready: false })
  expect(await bridge.ended()).toBe(2)
  return bridge.log()
}

/** The agent of the shared bridge, in one of its own. */
function scoutIn({ server, admin, scout }: World, folder: string) {
  return {
    folder,
    server_url: server.url,
    agents: [{ name: 'scout', key: scout.key, org: admin.org }],
    sections: 'updates:\n  auto_check: false',
  }
}

/** Waits until a bridge hears events, by the health port of its configuration. */
async function listening(world: World, bridge: Program, config: string): Promise<void> {
  const [, port] = /health:\n[\s\S]*?port: (\d+)/.exec(readFileSync(config, 'utf8')) ?? []
  await world.found(`the bridge to listen at ${port}`, async () => {
    if (!bridge.running) throw new Error(bridge.output)
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    return answer?.status === 200 && /"status": "ok"/.test(await answer.text()) ? true : undefined
  })
}
