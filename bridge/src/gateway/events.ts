/** Turns `chat` and `agent` events of owned sessions into what the bridge acts on. */
import { bounded, contentText } from './frames.ts'
import { type JsonObject, nameOf, objectOf, textOf } from './json.ts'
import type { GatewayEvent } from './port.ts'
import { abortReason, reasonText } from './replies.ts'

/** Turns whose text is kept; the least recently heard one is dropped, and its next event carries the whole text again. */
const RUNS_MAX = 1_000
/** Characters of all texts that are kept; beyond that the least recently heard turns go as well. */
const KEPT_CHARS_MAX = 16_000_000

interface Run {
  text: string
  started: boolean
}

export class EventReader {
  readonly #owns: (session_key: string) => boolean
  /** In the order in which they were last heard. */
  readonly #runs = new Map<string, Run>()
  #chars = 0

  /** `owns` gets keys in lower case. */
  constructor(owns: (session_key: string) => boolean) {
    this.#owns = owns
  }

  /** Undefined for events that mean nothing to the bridge, and for all of foreign sessions. */
  read(event: string, payload: JsonObject): GatewayEvent | undefined {
    if (event !== 'chat' && event !== 'agent') return undefined
    const session_key = nameOf(payload.sessionKey)?.toLowerCase()
    if (session_key === undefined || !this.#owns(session_key)) return undefined
    const run_id = nameOf(payload.runId)
    if (run_id === undefined) return undefined
    const of = { session_key, run_id }
    return event === 'agent' ? this.#lifecycle(of, payload) : this.#chat(of, payload)
  }

  /** Whether this turn was heard to start on this connection. */
  hasStarted(run_id: string): boolean {
    return this.#runs.get(run_id)?.started ?? false
  }

  /** A new connection: what was heard on the last one is incomplete. */
  forget(): void {
    this.#runs.clear()
    this.#chars = 0
  }

  #lifecycle(of: Of, payload: JsonObject): GatewayEvent | undefined {
    if (payload.stream !== 'lifecycle' || objectOf(payload.data).phase !== 'start') return undefined
    // A turn may start again, with another model; its text then begins anew.
    this.#keep(of.run_id, { text: '', started: true })
    return { ...of, type: 'started' }
  }

  #chat(of: Of, payload: JsonObject): GatewayEvent | undefined {
    const message = objectOf(payload.message)
    switch (payload.state) {
      case 'delta':
        return { ...of, type: 'progress', text: this.#grown(of.run_id, payload, message) }
      case 'final': {
        const text = bounded(contentText(message.content))
        const message_id = nameOf(objectOf(message.__openclaw).id) ?? nameOf(message.id) ?? null
        this.#end(of.run_id)
        return { ...of, type: 'final', text, message_id }
      }
      case 'aborted':
        this.#end(of.run_id)
        return { ...of, type: 'aborted', reason: abortReason(payload.stopReason) }
      case 'error':
        this.#end(of.run_id)
        return { ...of, type: 'failed', reason: failure(payload) }
      default:
        return undefined
    }
  }

  /** The whole text so far: the gateway's where it sends it, otherwise what was collected. */
  #grown(run_id: string, payload: JsonObject, message: JsonObject): string {
    const run = this.#runs.get(run_id) ?? { text: '', started: true }
    const delta = textOf(payload.deltaText)
    const collected = payload.replace === true ? delta : run.text + delta
    const text = bounded(contentText(message.content) || collected)
    this.#keep(run_id, { text, started: true })
    return text
  }

  #keep(run_id: string, run: Run): void {
    this.#drop(run_id)
    this.#runs.set(run_id, run)
    this.#chars += run.text.length
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= RUNS_MAX && this.#chars <= KEPT_CHARS_MAX) return
      if (oldest !== run_id) this.#drop(oldest)
    }
  }

  #drop(run_id: string): void {
    this.#chars -= this.#runs.get(run_id)?.text.length ?? 0
    this.#runs.delete(run_id)
  }

  /** Its text is not needed any more; that it started is, until its second answer. */
  #end(run_id: string): void {
    if (this.#runs.has(run_id)) this.#keep(run_id, { text: '', started: true })
  }
}

type Of = { session_key: string; run_id: string }

function failure(payload: JsonObject): string {
  if (payload.errorKind === 'timeout') return 'The turn took too long.'
  return reasonText(nameOf(payload.errorMessage))
}
