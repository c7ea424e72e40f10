import { CLOSE } from '../contracts/close-codes.ts'
import type { ReadFrame, ServerFrame } from '../contracts/frames.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { RevocationReason } from '../contracts/vocabulary.ts'
import type { Credential } from './credential.ts'
import { SendQueue } from './send-queue.ts'

/** A socket of the runtime, as a sink needs it. */
export interface SocketPort {
  /** False when the peer is behind: the frame was taken, but nothing more may be sent before `drained`. */
  send(text: string): boolean
  /** Runs `write`; its frames leave in one write of the socket. Does not run it on a connection that is gone. */
  cork(write: () => void): void
  /** Joins or leaves a topic: frames published there reach the socket without passing through its sink. */
  join(topic: string): void
  leave(topic: string): void
  /** Bytes that the runtime holds for a peer that is behind. */
  waiting(): number
  close(code: number, reason: string): void
  ping(): void
  /** Cuts the connection without a close frame. */
  terminate(): void
}

/** Time for the peer to answer a close frame before the connection is cut. */
export const CLOSE_GRACE_MS = 5_000
/** The same after a revocation, which has to close the connection within a second. */
export const REVOKED_GRACE_MS = 900

/**
 * Where one channel of a connection stands.
 * - `unannounced`: joined, before the client has got its announcement.
 * - `catching_up`: missed messages are read from storage; live ones are read there too.
 * - `live`: messages reach the connection by the channel's topic.
 */
export interface ChannelState {
  phase: 'unannounced' | 'catching_up' | 'live'
  /** Last seq that was sent while catching up. */
  seq: number
}

/** One open WebSocket with all channels of its user multiplexed. */
export class WsSink {
  readonly credential: Credential
  readonly channels = new Map<string, ChannelState>()
  /** Read markers that this connection sent itself: they are not sent back to it. */
  readonly ownReads = new Map<string, Pick<ReadFrame, 'seq' | 'rewinds'>>()
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
  /** True after the answer to its hello. */
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
    return this.credential.principal.id
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Close code of this side; undefined while the connection is open or when the peer closed it. */
  get closed_with(): number | undefined {
    return this.#closed_with
  }

  get queued(): { frames: number; bytes: number } {
    return { frames: this.#queue.frames, bytes: this.#queue.bytes }
  }

  /** True while the peer takes frames without delay. */
  get flowing(): boolean {
    return !this.#blocked
  }

  send(frame: ServerFrame): void {
    this.sendText(JSON.stringify(frame))
  }

  /**
   * Answers a frame of the client. Answers of one turn of the event loop leave in one write: a write for each costs more
   * than everything else about it. Nothing depends on their place among other frames.
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

  /** Sends an encoded frame, or queues it while the peer is behind. Over the bound the peer is closed; no frame is dropped. */
  sendText(text: string): void {
    if (this.#closed) return
    if (!this.#blocked) {
      this.#blocked = !this.#socket.send(text)
      return
    }
    if (!this.#queue.push(text))
      this.close(CLOSE.slow_consumer, 'You do not read. Resume from your last seq.')
  }

  /** Resolves when nothing of ours waits for the peer, or when the connection ends. */
  async room(): Promise<void> {
    while (!this.#closed && (this.#blocked || this.#queue.frames > 0))
      await new Promise<void>((resolve) => {
        const before = this.#room
        this.#room = () => {
          before?.()
          resolve()
        }
      })
  }

  /** Sends frames at the reader's pace: pulls the next one when the peer has room, until there is none. */
  async pull(next: () => string | undefined): Promise<void> {
    for (;;) {
      await this.room()
      if (this.#closed) return
      let text: string | undefined
      let ran = false
      this.#socket.cork(() => {
        ran = true
        do {
          text = next()
          if (text !== undefined) this.sendText(text)
        } while (text !== undefined && this.flowing && !this.#closed)
      })
      // The runtime has seen the end of the connection before us.
      if (!ran) this.lost()
      if (text === undefined) return
    }
  }

  /**
   * Joins the channel's topic: published frames reach this connection from now on. Call it in the tick in which nothing
   * is missing. False while frames of ours wait for the peer: published ones would overtake them.
   */
  goLive(topic: string, state: ChannelState): boolean {
    if (this.#closed || state.phase === 'live') return true
    if (this.#queue.frames > 0) return false
    state.phase = 'live'
    this.#socket.join(topic)
    return true
  }

  leave(topic: string): void {
    if (!this.#closed) this.#socket.leave(topic)
  }

  /** Closes a peer that is too far behind. Published frames bypass the queue, so this is called often. */
  checkSlow(): void {
    if (this.#closed || this.#socket.waiting() + this.#queue.bytes <= LIMITS.send_queue_bytes_max) return
    this.close(CLOSE.slow_consumer, 'You do not read. Resume from your last seq.')
  }

  /** Notes a sign of life: a frame, or the answer to a ping. */
  heard(now: number): void {
    this.#heard_at = now
  }

  /**
   * Pings the peer at its interval and cuts a silent one; called about twice a second. The runtime's own pings do not
   * serve: it sends none while we send, and so never finds a dead peer in a busy channel.
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

  /** The runtime's buffer is empty: sends the queued frames. */
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

  /** The client has to come back, to be judged anew. */
  comeBack(): void {
    this.close(CLOSE.restarting, 'Come back.')
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

  /** The connection is gone, whichever side ended it. */
  lost(): void {
    this.#closed = true
    this.#queue.clear()
    this.#wakeRoom()
  }
}
