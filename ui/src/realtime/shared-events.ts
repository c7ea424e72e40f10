import type { StreamEnvelope } from '@contracts/events.ts'
import type { StreamState } from './event-stream.ts'
import type { LocksLike } from './tabs.ts'

/** What this needs of a BroadcastChannel. */
export interface BroadcastLike {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(message: unknown): void
  close(): void
}

/** The stream that the leader opens. */
export interface StreamPort {
  start(cursor: string | undefined): void
  stop(): void
  retryNow(): void
}

export interface SharedEventsHandlers {
  envelope(envelope: StreamEnvelope): void
  /** `cursor` is where this tab stands, once it knows. */
  state(state: StreamState, leading: boolean, cursor: string | undefined): void
  /** Something may have been missed: what this tab shows must be read again. */
  missed(): void
}

/** Between tabs. `n` counts what one leader said, so that a listener notices a hole. */
type Note =
  | { kind: 'envelope'; leader: string; n: number; envelope: StreamEnvelope; cursor: string }
  | { kind: 'state'; leader: string; n: number; state: StreamState; cursor: string | undefined }
  | { kind: 'ask' }

export interface SharedEventsPorts {
  tab_id: string
  /** Without locks or channels every tab has a stream of its own. */
  locks: LocksLike | undefined
  broadcast: BroadcastLike | undefined
  stream(handlers: {
    envelope(envelope: StreamEnvelope, cursor: string): void
    state(state: StreamState): void
  }): StreamPort
}

/**
 * One event stream for all tabs of a browser: the tab that holds the lock opens it and tells the others. HTTP/1.1 allows
 * six connections per host; eight tabs with a stream each would leave none for anything else. When the leader goes, the
 * next tab continues at the last cursor it heard of, so nothing is missed.
 */
export class SharedEvents {
  readonly #name: string
  readonly #ports: SharedEventsPorts
  readonly #handlers: SharedEventsHandlers
  readonly #abort = new AbortController()
  #stream: StreamPort | undefined
  #cursor: string | undefined
  #state: StreamState = 'connecting'
  #said = 0
  /** Whom this tab listens to, and the last `n` it heard. */
  #heard: { leader: string; n: number } | undefined

  constructor(name: string, ports: SharedEventsPorts, handlers: SharedEventsHandlers) {
    this.#name = name
    this.#ports = ports
    this.#handlers = handlers
  }

  get leading(): boolean {
    return this.#stream !== undefined
  }

  start(): void {
    const { locks, broadcast } = this.#ports
    if (!locks || !broadcast) {
      this.#lead()
      return
    }
    broadcast.onmessage = ({ data }) => this.#hear(data)
    this.#say({ kind: 'ask' })
    locks
      .request(this.#name, { signal: this.#abort.signal }, () => {
        if (this.#abort.signal.aborted) return undefined
        this.#lead()
        return new Promise<void>((resolve) => this.#abort.signal.addEventListener('abort', () => resolve()))
      })
      // Aborted because the page left the org, or locks are forbidden here: then this tab streams for itself.
      .catch(() => {
        if (!this.#abort.signal.aborted) this.#lead()
      })
  }

  stop(): void {
    this.#abort.abort()
    this.#stream?.stop()
    this.#stream = undefined
    this.#ports.broadcast?.close()
  }

  retryNow(): void {
    this.#stream?.retryNow()
    if (!this.#stream) this.#say({ kind: 'ask' })
  }

  #lead(): void {
    if (this.#stream) return
    let blind = this.#cursor === undefined
    const stream = this.#ports.stream({
      envelope: (envelope, cursor) => {
        this.#cursor = cursor
        this.#say({ kind: 'envelope', leader: this.#ports.tab_id, n: ++this.#said, envelope, cursor })
        this.#handlers.envelope(envelope)
        // Started without a place to start from: what happened between the first reads and now is in neither.
        if (blind && envelope.type === 'stream.opened') {
          blind = false
          this.#handlers.missed()
        }
      },
      state: (state) => this.#enter(state),
    })
    this.#stream = stream
    stream.start(this.#cursor)
  }

  #enter(state: StreamState): void {
    this.#state = state
    if (this.#stream) this.#tellState()
    this.#handlers.state(state, this.leading, this.#cursor)
  }

  #tellState(): void {
    this.#say({
      kind: 'state',
      leader: this.#ports.tab_id,
      n: this.#said,
      state: this.#state,
      cursor: this.#cursor,
    })
  }

  #hear(data: unknown): void {
    if (!isNote(data)) return
    if (data.kind === 'ask') {
      if (this.#stream) this.#tellState()
      return
    }
    if (this.#stream) return
    const missed = this.#heard !== undefined && !this.#continues(data)
    this.#heard = { leader: data.leader, n: data.n }
    this.#cursor = data.cursor ?? this.#cursor
    if (missed) this.#handlers.missed()
    if (data.kind === 'envelope') this.#handlers.envelope(data.envelope)
    else this.#enter(data.state)
  }

  /**
   * Whether nothing lies between what this tab heard last and this note. The same leader counts; a new one says first
   * where it starts, which must be where this tab stands.
   */
  #continues(note: Exclude<Note, { kind: 'ask' }>): boolean {
    if (this.#heard?.leader === note.leader)
      return note.n === this.#heard.n + (note.kind === 'envelope' ? 1 : 0)
    return note.kind === 'state' && note.cursor === this.#cursor
  }

  #say(note: Note): void {
    this.#ports.broadcast?.postMessage(note)
  }
}

function isNote(data: unknown): data is Note {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false
  return data.kind === 'ask' || data.kind === 'envelope' || data.kind === 'state'
}
