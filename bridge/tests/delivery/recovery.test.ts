import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MockGateway } from '../../../tests/support/mock-gateway/gateway.ts'
import { until } from '../../../tests/support/streams.ts'
import { systemClock } from '../../src/clock.ts'
import { NO_CRASH } from '../../src/delivery/crash-points.ts'
import { DELIVERY_LIMITS } from '../../src/delivery/limits.ts'
import { OpenRow } from '../../src/delivery/open-row.ts'
import type { Effect } from '../../src/delivery/steps.ts'
import { TurnRunner } from '../../src/delivery/turn-runner.ts'
import { type Final, TurnWaits } from '../../src/delivery/turn-waits.ts'
import { GatewayClient } from '../../src/gateway/client.ts'
import { GatewayAway } from '../../src/gateway/port.ts'
import { sessionKey } from '../../src/relay/session-keys.ts'
import type { Row } from '../../src/state/port.ts'
import { MemoryState } from '../state/memory-state.ts'

const SESSION = 'agent:main:mc:acme:org:01a21c9e-4e8f-705c-92b6-f4c0c41e93da'
const LIMITS = { ...DELIVERY_LIMITS, quiet_ms: 100 }

/** A gateway that is killed and started again on its folder, and bridges that work on one state. */
class Stage {
  readonly state = new MemoryState(Date.now)
  readonly folder = mkdtempSync(join(tmpdir(), 'mc-recovery-'))
  readonly speech: string[] = []
  readonly effects: Effect[] = []
  readonly #version: string
  #gateway: MockGateway
  #life = new AbortController()
  #client: GatewayClient
  #turns: TurnRunner

  constructor(version: string) {
    this.#version = version
    this.#gateway = this.#open()
    ;[this.#client, this.#turns] = this.#bridge()
  }

  get turns() {
    return this.#gateway.turns
  }

  get client(): GatewayClient {
    return this.#client
  }

  row(text: string): OpenRow {
    const id = `e${this.state.counts().unfinished + 1}`
    const place = { channel_id: 'c', seq: 1, reply_to: null, session: SESSION }
    const row = this.state.enqueue('scout', { id, kind: 'message', text, ...place })
    return this.opened(row!)
  }

  opened(row: Row): OpenRow {
    const onEffect = (_: Row, effect: Effect) => void this.effects.push(effect)
    return new OpenRow(row, { state: this.state, crash: NO_CRASH, onEffect })
  }

  /** As a lane does: again while the gateway is away. */
  async answer(open: OpenRow): Promise<OpenRow> {
    const { signal } = this.#life
    while (['received', 'submitted', 'accepted'].includes(open.row.step))
      await this.#turns.run(open, signal).catch((error: unknown) => {
        if (!(error instanceof GatewayAway) || signal.aborted) throw error
      })
    return open
  }

  async restartGateway(): Promise<void> {
    const { port } = this.#gateway
    await this.#gateway.kill()
    this.#gateway = this.#open(port)
  }

  /** The bridge stops wherever it is; rows are left as they are. */
  async killBridge(): Promise<void> {
    this.#life.abort()
    await this.#client.close()
  }

  /** Another bridge on the same state. */
  startBridge(): void {
    this.#life = new AbortController()
    ;[this.#client, this.#turns] = this.#bridge()
    for (const row of this.state.unfinished('scout')) this.#turns.claim(row)
  }

  async close(): Promise<void> {
    await this.#client.close()
    await this.#gateway.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #open(port = 0): MockGateway {
    return new MockGateway({ folder: this.folder, port, faults: { version: this.#version, recovery_ms: 50 } })
  }

  #bridge(): [GatewayClient, TurnRunner] {
    const waits = new TurnWaits()
    const { url, token } = this.#gateway
    const client = new GatewayClient({
      url,
      auth: { kind: 'token', token },
      owns: (key) => key.startsWith('agent:main:mc:acme:'),
      version: '0.1.0',
      random: () => 0,
    })
    client.onEvent((event) => {
      if (!waits.offer(event) && event.type === 'final') this.speech.push(event.text)
    })
    client.onLink(({ status }) => {
      if (status !== 'connected') waits.lost()
    })
    const turns = new TurnRunner({
      identity: { org_slug: 'acme', agent: 'scout' },
      gateway: client,
      state: this.state,
      waits,
      clock: systemClock,
      limits: LIMITS,
      prompt: async ({ text }) => ({ text, primed_seq: null }),
      systemPrompt: () => '',
      prepare: async () => ({}),
      sessionKey,
      generation: (session) => this.state.generation('scout', session),
      onAnswered: () => undefined,
      onSpeech: (finals: Final[]) => this.speech.push(...finals.map(({ text }) => text)),
    })
    return [client, turns]
  }
}

describe.each(['2026.8.1', '2026.9.6'])('a gateway %s', (version) => {
  let stage: Stage
  beforeEach(() => {
    stage = new Stage(version)
  })
  afterEach(() => stage.close())

  const own = () =>
    stage.turns.filter(({ run_id }) => run_id.startsWith('mc-acme-scout-')).map(({ run_id }) => run_id)

  test('B7 that restarts in mid-turn goes on by itself: nothing is asked again, its answer is the answer', async () => {
    const open = stage.row('SLOW 60000 ECHO resumed')
    const answered = stage.answer(open)
    await until(
      () =>
        open.row.step === 'accepted' &&
        stage.effects.some((effect) => 'state' in effect && effect.state === 'working'),
    )
    await stage.restartGateway()
    await answered
    expect(open.row.step).toBe('answered')
    expect(own()).toEqual([])
    expect(stage.speech).toEqual([])
  })

  test('and a bridge that die together: the answer is found, and nothing is asked again', async () => {
    const open = stage.row('SLOW 60000 ECHO both died')
    stage.answer(open).catch(() => undefined)
    await until(() => open.row.step === 'accepted')
    await stage.killBridge()
    await stage.restartGateway()
    stage.startBridge()
    const [left] = stage.state.unfinished('scout')
    const again = await stage.answer(stage.opened(left!))
    expect(again.row.answer).toContain('both died')
    expect(own()).toEqual([])
  })

  test('B6 that never ran a turn which waited gets it again, under another key', async () => {
    await stage.client.connected(new AbortController().signal)
    await stage.client.startTurn({
      session_key: SESSION,
      run_id: 'somebody',
      message: 'SLOW 60000 ECHO in front',
    })
    const open = stage.row('ECHO waits behind')
    const answered = stage.answer(open)
    await until(() => open.row.step === 'accepted')
    await stage.restartGateway()
    await answered
    expect(open.row.answer).toBe('waits behind')
    expect(own().at(-1)).toBe('mc-acme-scout-e1.2')
  })

  test('that never got a turn gets it now, once, under the same key', async () => {
    const open = stage.row('ECHO never sent')
    open.apply({ type: 'submitted', boot_id: 'an earlier boot', generation: 0 })
    await stage.answer(open)
    expect(open.row.answer).toBe('never sent')
    expect(own()).toEqual(['mc-acme-scout-e1'])
  })

  test('whose answer came when nobody listened is asked for it', async () => {
    const open = stage.row('ECHO said to nobody')
    stage.answer(open).catch(() => undefined)
    await until(() => open.row.step === 'answered')
    const row = { ...open.row }
    const again = stage.row('ECHO said to nobody')
    again.apply({ type: 'submitted', boot_id: row.boot_id ?? '', generation: 0 })
    await stage.killBridge()
    stage.startBridge()
    await stage.answer(again)
    expect(again.row.answer).toBe('said to nobody')
  })

  test('that ends a turn without a word: the row has no answer and no failure', async () => {
    const open = await stage.answer(stage.row('SILENT'))
    expect(open.row).toMatchObject({ step: 'posted', answer: null, failure: null })
  })
})
