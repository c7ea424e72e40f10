import type { StreamEnvelope } from '@contracts/events.ts'
import type { StreamState } from './event-stream.ts'
import type { LocksLike } from './tabs.ts'

/** The part of a BroadcastChannel that is used. */
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
  reopen(): void
  check(): void
}

export interface SharedEventsHandlers {
  envelope(envelope: StreamEnvelope): void
  /** `cursor` is the position of this tab; undefined until it is known. */
  state(state: StreamState, leading: boolean, cursor: string | undefined): void
  /** Events may have been missed: the data of this tab must be refetched. */
  missed(): void
}

/** A note between tabs. `n` numbers the envelopes of one leader, so that a follower detects a gap. */
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
 * One event stream for all tabs of a browser: the leader, i.e. the tab that holds the lock, opens it and broadcasts to the
 * followers. Browsers allow six HTTP/1.1 connections per host, so a stream per tab would leave none for requests. When the
 * leader closes, the next one resumes at its last cursor.
 */
export class SharedEvents {
  readonly #name: string
  readonly #ports: SharedEventsPorts
  readonly #handlers: SharedEventsHandlers
  readonly #abort = new AbortController()
  #stream: StreamPort | undefined
  #cursor: string | undefined
  #state: StreamState = 'connecting'
  #sent = 0
  /** The leader that this tab follows, and the last `n` received from it. */
  #received: { leader: string; n: number } | undefined

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
    broadcast.onmessage = ({ data }) => this.#receive(data)
    this.#follow(locks)
  }

  stop(): void {
    this.#abort.abort()
    this.#stepDown()
    this.#ports.broadcast?.close()
  }

  /** Follows until the lock is granted. */
  #follow(locks: LocksLike): void {
    const { signal } = this.#abort
    this.#broadcast({ kind: 'ask' })
    locks
      .request(this.#name, { signal }, () => {
        if (signal.aborted) return undefined
        this.#lead()
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      })
      .catch(() => {
        // Aborted because the page left the org.
        if (signal.aborted) return
        // Taken away from a leader that was frozen by the browser; or forbidden: then this tab opens a stream of its own.
        if (this.#stepDown()) this.#follow(locks)
        else this.#lead()
      })
  }

  /**
   * Closes the stream of a leader; false when this tab does not lead. The followers do not hear that this stream ended: they
   * get another one.
   */
  #stepDown(): boolean {
    const stream = this.#stream
    if (!stream) return false
    this.#stream = undefined
    // The next leader must go on where this stream was.
    this.#received = { leader: this.#ports.tab_id, n: this.#sent }
    stream.stop()
    return true
  }

  retryNow(): void {
    if (this.#abort.signal.aborted) return
    this.#stream?.retryNow()
    if (!this.#stream) this.#broadcast({ kind: 'ask' })
  }

  /** Replaces a stream that may be dead without an error. It goes on at its cursor. */
  reopen(): void {
    if (!this.#abort.signal.aborted) this.#stream?.reopen()
  }

  /** Replaces a stream that is silent for too long, e.g. after a suspend. */
  check(): void {
    this.#stream?.check()
  }

  #lead(): void {
    if (this.#stream) return
    let without_cursor = this.#cursor === undefined
    const stream = this.#ports.stream({
      envelope: (envelope, cursor) => {
        this.#cursor = cursor
        this.#broadcast({ kind: 'envelope', leader: this.#ports.tab_id, n: ++this.#sent, envelope, cursor })
        this.#handlers.envelope(envelope)
        // A stream without a cursor starts at the head: events since the first fetches are in neither.
        if (without_cursor && envelope.type === 'stream.opened') {
          without_cursor = false
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
    if (this.#stream) this.#broadcastState()
    this.#handlers.state(state, this.leading, this.#cursor)
  }

  #broadcastState(): void {
    this.#broadcast({
      kind: 'state',
      leader: this.#ports.tab_id,
      n: this.#sent,
      state: this.#state,
      cursor: this.#cursor,
    })
  }

  #receive(data: unknown): void {
    if (!isNote(data)) return
    if (data.kind === 'ask') {
      if (this.#stream) this.#broadcastState()
      return
    }
    if (this.#stream) return
    const missed = this.#received !== undefined && !this.#continues(data)
    this.#received = { leader: data.leader, n: data.n }
    this.#cursor = data.cursor ?? this.#cursor
    if (missed) this.#handlers.missed()
    if (data.kind === 'envelope') this.#handlers.envelope(data.envelope)
    else this.#enter(data.state)
  }

  /**
   * Whether this note directly follows the last one. The notes of one leader are numbered; a new leader first broadcasts its
   * cursor, which must equal that of this tab.
   */
  #continues(note: Exclude<Note, { kind: 'ask' }>): boolean {
    if (this.#received?.leader === note.leader)
      return note.n === this.#received.n + (note.kind === 'envelope' ? 1 : 0)
    return note.kind === 'state' && note.cursor === this.#cursor
  }

  #broadcast(note: Note): void {
    this.#ports.broadcast?.postMessage(note)
  }
}

function isNote(data: unknown): data is Note {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return false
  return data.kind === 'ask' || data.kind === 'envelope' || data.kind === 'state'
}
