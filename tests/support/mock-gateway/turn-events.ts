/** The events of a mock gateway's turns. */
import type { Faults } from './faults.ts'

export type Emit = (event: string, payload: object) => void

/** Of whom an event tells; `seq` counts the events of the turn. */
export interface Speaker {
  session_key: string
  run_id: string
  seq: number
}

const FOREIGN_SESSION = 'agent:main:telegram:dm:4711'

export class TurnEvents {
  readonly #emit: Emit
  readonly #faults: () => Faults

  constructor(emit: Emit, faults: () => Faults) {
    this.#emit = emit
    this.#faults = faults
  }

  /** A `final` event; the gateway's own words when nobody asked for a turn. */
  final(session_key: string, run_id: string, text: string, seq: number): void {
    const content = text === '' ? [] : [{ type: 'text', text }]
    const message = { role: 'assistant', content, timestamp: Date.now() }
    const of = { runId: run_id, sessionKey: session_key, agentId: agentOf(session_key), seq }
    this.#emit('chat', { ...of, state: 'final', stopReason: 'stop', message })
  }

  delta(turn: Speaker, deltaText: string, text: string): void {
    const message = { role: 'assistant', content: [{ type: 'text', text }], timestamp: Date.now() }
    this.chat(turn, { state: 'delta', deltaText, message })
  }

  chat(turn: Speaker, more: object): void {
    const { run_id, session_key } = turn
    const of = { runId: run_id, sessionKey: session_key, agentId: agentOf(session_key) }
    this.#emit('chat', { ...of, seq: turn.seq++, ...more })
  }

  lifecycle(turn: Speaker, data: object): void {
    const { run_id, session_key } = turn
    const of = { runId: run_id, sessionKey: session_key, agentId: agentOf(session_key) }
    this.#emit('agent', { ...of, stream: 'lifecycle', data, seq: turn.seq++, ts: Date.now() })
  }

  /** Other people's conversations on the same gateway: every operator sees them, and they are nobody's business here. */
  noise(): void {
    for (let n = 0; n < this.#faults().noise; n++) {
      this.final(FOREIGN_SESSION, crypto.randomUUID(), 'a private word', 1)
      this.#emit('task', { action: 'upserted', task: { id: crypto.randomUUID(), status: 'running' } })
      this.#emit('health', { ok: true, ts: Date.now() })
      this.#emit('chat.metadata.changed', { sessionKey: FOREIGN_SESSION })
    }
  }
}

export function agentOf(session_key: string): string {
  return session_key.split(':')[1] ?? 'main'
}
