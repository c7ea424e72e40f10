/** Who may connect, what a connection tells, and what it does not hear. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Device } from '../../../bridge/src/gateway/device.ts'
import type { GatewayAuth } from '../../../bridge/src/gateway/handshake.ts'
import { answered, begin, connect, connectAs, newKey, newRun, OWNED, type Rule } from './connected.ts'

export const ACCESS_RULES: Rule[] = [
  [
    'a connection tells boot id, version and protocol',
    async (gateway) => {
      await using made = await connect(gateway)
      const { link } = made.client
      assert.ok(link.status === 'connected')
      assert.equal(link.protocol, 4)
      assert.match(link.version, gateway.version)
      assert.notEqual(link.boot_id, '')
      await using again = await connect(gateway)
      assert.ok(again.client.link.status === 'connected')
      assert.equal(again.client.link.boot_id, link.boot_id)
    },
  ],
  [
    'the agents of the gateway are listed',
    async (gateway) => {
      await using made = await connect(gateway)
      assert.deepEqual((await made.client.agents()).toSorted(), ['main', 'scout'])
    },
  ],
  [
    'B44 nothing is heard of sessions that are not owned',
    async (gateway) => {
      await using made = await connect(gateway)
      const foreign = `agent:main:telegram:dm:${crypto.randomUUID()}`
      const run_id = newRun()
      await made.client.startTurn({ session_key: foreign, run_id, message: 'ECHO private' })
      await made.client.turnOutcome(run_id, 20_000)
      await answered(made, newKey(), 'ECHO ours')
      const others = made.watch.events.filter(
        (event) => !OWNED.test(event.session_key) && event.type !== 'settled',
      )
      assert.deepEqual(others, [])
    },
  ],
  [
    'a wrong token is refused, and says so in words',
    async (gateway) => {
      await using made = begin(gateway.url, { kind: 'token', token: 'wrong' })
      const link = await made.watch.link('refused')
      assert.equal(link.reason, 'unauthorized')
      assert.ok(!link.message.includes('wrong'), link.message)
      await assert.rejects(made.client.connected(AbortSignal.timeout(90_000)), /refused the credential/)
    },
  ],
  [
    'B60 pairing from nothing: the command to approve is named, an approval is noticed, then the device token is enough',
    async (gateway) => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-device-'))
      try {
        const path = join(folder, 'device.json')
        const auth: GatewayAuth = { kind: 'device', device: Device.load(path), shared_token: gateway.token }
        assert.equal(statSync(path).mode & 0o777, 0o600)
        await using made = begin(gateway.remote_url, auth)
        const link = await made.watch.link('refused')
        assert.equal(link.reason, 'pairing_required')
        const [, request_id] = /openclaw devices approve (\S+)$/.exec(link.message) ?? []
        assert.ok(request_id, link.message)
        await gateway.approve(request_id)
        await made.client.connected(AbortSignal.timeout(90_000))
        const { reply } = await answered(made, newKey(), 'ECHO paired')
        assert.deepEqual(reply, { status: 'ok', text: 'paired' })

        const device = Device.load(path)
        assert.ok(device.token)
        const alone: GatewayAuth = { kind: 'device', device, shared_token: null }
        await using later = await connectAs(gateway.remote_url, alone)
        assert.deepEqual((await answered(later, newKey(), 'ECHO again')).reply, {
          status: 'ok',
          text: 'again',
        })
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  ],
  [
    'a device that was removed is refused with its old token, and keeps it',
    async (gateway) => {
      const folder = mkdtempSync(join(tmpdir(), 'mc-device-'))
      try {
        const device = Device.load(join(folder, 'device.json'))
        // From the gateway's own machine the shared token approves a device at once.
        const paired = await connectAs(gateway.url, { kind: 'device', device, shared_token: gateway.token })
        await paired.client.close()
        await gateway.removeDevice(device.id)
        await using made = begin(gateway.url, { kind: 'device', device, shared_token: null })
        const link = await made.watch.link('refused')
        assert.equal(link.reason, 'unauthorized')
        assert.ok(device.token !== null && !link.message.includes(device.token), link.message)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  ],
  [
    'the shared token alone gives no scopes from another machine',
    async (gateway) => {
      await using made = begin(gateway.remote_url, { kind: 'token', token: gateway.token })
      const link = await made.watch.link('refused')
      assert.equal(link.reason, 'scope')
      assert.match(link.message, /pair this bridge as a device/)
    },
  ],
]
