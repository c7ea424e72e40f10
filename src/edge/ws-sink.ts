import { CLOSE } from '../contracts/close-codes.ts'
import type { ServerFrame } from '../contracts/frames.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { RevocationReason } from '../contracts/vocabulary.ts'
import type { Credential } from './credential.ts'
import { SendQueue } from './send-queue.ts'

/** The socket as a sink needs it, and nothing more of the runtime. */
export interface SocketPort {
  /** False when the peer is behind: the frame was taken, but nothing more may be sent before `drained`. */
  send(text: string): boolean
  /** Runs `write`; what it sends leaves in one write of the socket. */
  cork(write: () => void): void
  /** Joins or leaves a topic: what is published there reaches the socket without passing through its sink. */
  join(topic: string): void
  leave(topic: string): void
  /** Bytes that the runtime holds for a peer that is behind. */
  waiting(): number
  close(code: number, reason: string): void
  ping(): void
  /** Cuts the connection when the peer does not even take a close frame. */
  terminate(): void
}

/** After a close frame a peer has so long to answer before the connection is cut. */
export const CLOSE_GRACE_MS = 5_000
/** With revoked credentials no longer than this: the stream has to be closed within a second. */
export const REVOKED_GRACE_MS = 900

/** Where one channel of a connection stands. */
export interface ChannelState {
  /** Last seq that was sent while catching up. */
  seq: number
  /** False while missed messages are read from storage: live ones wait there, not here. */
  live: boolean
  /** Set until the client was told that it has this channel. */
  untold?: boolean
}

/** One open WebSocket with all channels of its user multiplexed. */
export class WsSink {
  readonly credential: Credential
  readonly channels = new Map<string, ChannelState>()
  /** Read markers that this connection sent itself: it need not hear of them. */
  readonly ownReads = new Map<string, number>()
  readonly #socket: SocketPort
  readonly #queue = new SendQueue<string>()
  readonly #after: (delay_ms: number, fire: () => void) => void
  readonly #answers: string[] = []
  #blocked = false
  #room: (() => void) | undefined
  #closed = false
  #closed_with: number | undefined
  #heard_at: number | undefined
  #pinged_at: number | undefined
  /** Said hello and was answered: live frames may be sent. */
  ready = false

  constructor(
    credential: Credential,
    socket: SocketPort,
    after: (delay_ms: number, fire: () => void) => void,
  ) {
    this.credential = credential
    this.#socket = socket
    this.#after = after
  }

  get user_id(): string {
    return this.credential.viewer.id
  }

  get closed(): boolean {
    return this.#closed
  }

  /** The code that this side closed the connection with. */
  get closed_with(): number | undefined {
    return this.#closed_with
  }

  get queued(): { frames: number; bytes: number } {
    return { frames: this.#queue.frames, bytes: this.#queue.bytes }
  }

  /** True while frames pass through without waiting. */
  get flowing(): boolean {
    return !this.#blocked
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame))
  }

  /**
   * Answers what the client sent. The answers of one turn leave together: a write for each costs more than all the rest
   * of it. Nothing depends on their place among other frames.
   */
  answer(frame: ServerFrame): void {
    this.#answers.push(JSON.stringify(frame))
    if (this.#answers.length > 1) return
    queueMicrotask(() => {
      const answers = this.#answers.splice(0)
      if (this.#closed) return
      if (answers.length === 1) this.sendText(answers[0] ?? '')
      else
        this.#socket.cork(() => {
          for (const text of answers) this.sendText(text)
        })
    })
  }

  /** Sends an encoded frame, or queues it while the peer is behind. Over the bound the peer is closed, never skipped. */
  sendText(text: string): void {
    if (this.#closed) return
    if (!this.#blocked) {
      this.#blocked = !this.#socket.send(text)
      return
    }
    if (!this.#queue.push(text))
      this.close(CLOSE.slow_consumer, 'You do not read. Resume from your last seq.')
  }

  /** Resolves when the peer takes frames again: a catch-up is pulled at the reader's pace. */
  async room(): Promise<void> {
    if (!this.#blocked && this.#queue.frames === 0) return
    await new Promise<void>((resolve) => {
      const before = this.#room
      this.#room = () => {
        before?.()
        resolve()
      }
    })
  }

  /** From now on what is published in the channel reaches this connection; called in the tick in which nothing is missing. */
  goLive(topic: string, state: ChannelState): void {
    if (this.#closed || state.live) return
    state.live = true
    this.#socket.join(topic)
  }

  leave(topic: string): void {
    if (!this.#closed) this.#socket.leave(topic)
  }

  /** Closes the peer when what waits for it is over the bound. Published frames pass us by, so this is looked at often. */
  checkSlow(): void {
    if (this.#closed || this.#socket.waiting() + this.#queue.bytes <= LIMITS.send_queue_bytes_max) return
    this.close(CLOSE.slow_consumer, 'You do not read. Resume from your last seq.')
  }

  /** Something came from the peer: a frame, or the answer to a ping. */
  heard(now: number): void {
    this.#heard_at = now
  }

  /**
   * Pings the peer now and then, and cuts one that answers nothing; called about twice a second. The runtime's own pings
   * will not do: it sends none while we send, and so never finds a dead peer in a busy channel.
   */
  checkAlive(now: number): void {
    this.#heard_at ??= now
    this.#pinged_at ??= now
    if (now - this.#heard_at > LIMITS.ws_silence_max_ms) {
      this.#closed_with ??= CLOSE.silent
      this.#socket.terminate()
    } else if (!this.#closed && now - this.#pinged_at >= LIMITS.ws_ping_interval_ms) {
      this.#pinged_at = now
      this.#socket.ping()
    }
  }

  /** The peer took what the runtime held: goes on with what waits here. */
  drained(): void {
    this.#blocked = false
    while (!this.#blocked && !this.#closed) {
      const text = this.#queue.shift()
      if (text === undefined) break
      this.#blocked = !this.#socket.send(text)
    }
    if (!this.#blocked) this.#wakeRoom()
  }

  #wakeRoom(): void {
    const wake = this.#room
    this.#room = undefined
    wake?.()
  }

  revoke(_reason: RevocationReason): void {
    this.close(CLOSE.revoked, 'Your credentials ended.', REVOKED_GRACE_MS)
  }

  close(code: number, reason: string, grace_ms = CLOSE_GRACE_MS): void {
    if (this.#closed) return
    this.#closed = true
    this.#closed_with = code
    this.#queue.clear()
    this.#wakeRoom()
    this.#socket.close(code, reason)
    this.#after(grace_ms, () => this.#socket.terminate())
  }

  /** The connection is gone, whoever ended it. */
  lost(): void {
    this.#closed = true
    this.#queue.clear()
    this.#wakeRoom()
  }
}
