import { describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Device } from '../../../bridge/src/gateway/device.ts'
import type { GatewayEvent } from '../../../bridge/src/gateway/port.ts'
import {
  answered,
  begin,
  type Connected,
  connectAs,
  newKey,
  newRun,
} from '../../support/gateway-contract/connected.ts'
import type { Faults } from '../../support/mock-gateway/faults.ts'
import { MockGateway } from '../../support/mock-gateway/gateway.ts'

interface Stage extends AsyncDisposable {
  mock: MockGateway
  made: Connected
}

async function staged(faults: Partial<Faults> = {}): Promise<Stage> {
  const mock = new MockGateway({ faults })
  const made = await connectAs(mock.url, { kind: 'token', token: mock.token })
  return {
    mock,
    made,
    async [Symbol.asyncDispose]() {
      await made.client.close()
      await mock.kill()
    },
  }
}

const ofRun = ({ watch }: Connected, run_id: string, type: GatewayEvent['type']) =>
  watch.events.filter((event) => event.run_id === run_id && event.type === type)

describe('what a gateway may do wrong', () => {
  test('an answer that comes twice is two finals of the same run', async () => {
    await using stage = await staged({ final_twice: true })
    const { run_id } = await answered(stage.made, newKey(), 'ECHO twice')
    expect(ofRun(stage.made, run_id, 'final')).toHaveLength(2)
  })

  test('an answer that comes again under a foreign run id', async () => {
    await using stage = await staged({ foreign_final: true })
    const session_key = newKey()
    const { run_id } = await answered(stage.made, session_key, 'ECHO again')
    const foreign = await stage.made.watch.until('the foreign final', () =>
      stage.made.watch.events.find((event) => event.type === 'final' && event.run_id !== run_id),
    )
    expect(foreign).toMatchObject({ session_key, text: 'again' })
  })

  test('a lost final: the second answer has the text', async () => {
    await using stage = await staged({ lost_final: true })
    const { run_id, reply } = await answered(stage.made, newKey(), 'ECHO settled')
    expect(reply).toEqual({ status: 'ok', text: 'settled' })
    expect(ofRun(stage.made, run_id, 'final')).toEqual([])
  })

  test('a lost second answer: the final has the text, and so has the outcome', async () => {
    await using stage = await staged({ lost_second_answer: true })
    const { client, watch } = stage.made
    const run_id = newRun()
    await client.startTurn({ session_key: newKey(), run_id, message: 'ECHO final' })
    expect((await watch.event('final', run_id)).text).toBe('final')
    expect(await client.turnOutcome(run_id, 1_000)).toEqual({ status: 'ok', text: 'final' })
  })

  test('frames out of order: settled before the final', async () => {
    await using stage = await staged({ out_of_order: true })
    const { run_id } = await answered(stage.made, newKey(), 'ECHO early')
    await stage.made.watch.event('final', run_id)
    const types = stage.made.watch.events.filter((event) => event.run_id === run_id).map(({ type }) => type)
    expect(types.slice(-2)).toEqual(['settled', 'final'])
  })

  test('a turn that never ends is pending, and ends when it is aborted', async () => {
    await using stage = await staged({ hang: true })
    const { client, watch } = stage.made
    const session_key = newKey()
    const run_id = newRun()
    await client.startTurn({ session_key, run_id, message: 'ECHO never' })
    await watch.event('started', run_id)
    expect(await client.turnOutcome(run_id, 50)).toEqual({ status: 'pending' })
    expect(await client.abort(session_key)).toBe(true)
    await watch.event('aborted', run_id)
  })

  test('a flood of events and of foreign sessions', async () => {
    await using stage = await staged({ flood: 2_000, noise: 500, garbage: true })
    const { run_id, reply } = await answered(stage.made, newKey(), 'ECHO through')
    expect(reply).toEqual({ status: 'ok', text: 'through' })
    expect(ofRun(stage.made, run_id, 'progress').length).toBeGreaterThanOrEqual(2_000)
    expect(new Set(stage.made.watch.events.map((event) => event.run_id))).toEqual(new Set([run_id]))
  })

  test('a provider that is down: the turn is refused after it was accepted', async () => {
    await using stage = await staged({ provider_down: true })
    const { reply } = await answered(stage.made, newKey(), 'ECHO x')
    expect(reply.status).toBe('failed')
  })

  test('a slow model', async () => {
    await using stage = await staged({ model_ms: 300 })
    const { reply } = await answered(stage.made, newKey(), 'ECHO slow')
    expect(reply).toEqual({ status: 'ok', text: 'slow' })
  })

  test('an announcement of the gateway is a final that nobody asked for', async () => {
    await using stage = await staged()
    const session_key = newKey()
    const run_id = stage.mock.announce(session_key, 'a sub-agent has finished')
    const final = await stage.made.watch.event('final', run_id)
    expect(final).toMatchObject({ session_key, text: 'a sub-agent has finished' })
    const { rows } = await stage.made.client.history(session_key, 5)
    expect(rows).toMatchObject([{ role: 'assistant', run_id }])
  })

  test('connections that are cut, closed for a restart, or closed by policy come back', async () => {
    await using stage = await staged()
    const { client, watch } = stage.made
    for (const code of [1006, 1012, 1008]) {
      const from = watch.links.length
      stage.mock.dropAll(code)
      await watch.link('away', from)
      await watch.link('connected', from)
    }
    expect(client.link.status).toBe('connected')
    expect(stage.mock.connections).toEqual({ opened: 4, open: 1 })
  })

  test('an answer that was given while the connection was away is asked for', async () => {
    await using stage = await staged()
    const { client, watch } = stage.made
    const session_key = newKey()
    const turn = { session_key, run_id: newRun(), message: 'SLOW 200 ECHO meanwhile' }
    await client.startTurn(turn)
    const from = watch.links.length
    stage.mock.dropAll()
    await watch.link('connected', from)
    expect(await client.turnOutcome(turn.run_id, 5_000)).toEqual({ status: 'ok', text: 'meanwhile' })
    expect(await client.startTurn(turn)).toEqual({ status: 'ok', text: 'meanwhile' })
  })

  test('a gateway that falls silent is left, and tried again', async () => {
    await using stage = await staged({ tick_ms: 60, silent: true })
    const { watch } = stage.made
    const away = await watch.link('away')
    expect(away.reason).toMatch(/^nothing was heard/)
    stage.mock.set({ silent: false, tick_ms: 30_000 })
    await watch.link('connected', watch.links.indexOf(away))
  })

  test('a gateway that starts is waited for', async () => {
    const mock = new MockGateway({ faults: { starting: true } })
    try {
      await using made = begin(mock.url, { kind: 'token', token: mock.token })
      const away = await made.watch.link('away')
      expect(away.reason).toContain('not ready')
      mock.set({ starting: false })
      await made.watch.link('connected')
    } finally {
      await mock.kill()
    }
  })

  test('devices that were revoked pair again under the same key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mc-device-'))
    const mock = new MockGateway()
    try {
      const device = Device.load(join(folder, 'device.json'))
      await using made = await connectAs(mock.url, { kind: 'device', device, shared_token: mock.token })
      const first = device.token
      expect(first).toBeString()
      mock.revokeDevices()
      mock.dropAll()
      await made.watch.link('refused')
      expect(device.token).toBeNull()
      const from = made.watch.links.length
      await made.watch.link('connected', from)
      expect(device.token).toBeString()
      expect(device.token).not.toBe(first)
    } finally {
      await mock.kill()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
