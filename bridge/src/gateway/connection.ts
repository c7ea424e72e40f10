/** One WebSocket to a gateway, from the challenge to its end. It never reconnects; the client does. */
import type { Clock } from '../clock.ts'
import { FRAME_CHARS_MAX, parseFrame, type WireError } from './frames.ts'
import {
  ConnectFailed,
  challengeOf,
  connectFailed,
  connectParams,
  type GatewayAuth,
  type Hello,
  helloOf,
} from './handshake.ts'
import type { JsonObject } from './json.ts'
import { GatewayAway, GatewayRefused } from './port.ts'
import { type Answer, type OnSecond, Requests } from './requests.ts'
import type { OpenSocket, Socket } from './socket.ts'

export interface ConnectionOptions {
  url: string
  auth: GatewayAuth
  /** Version of this bridge. */
  version: string
  clock: Clock
  open: OpenSocket
  onEvent(event: string, payload: JsonObject): void
  /** Called once, after the handshake succeeded and the connection ended. `soon`: the gateway said it comes back. */
  onEnd(end: { reason: string; soon: boolean }): void
}

/** From the first byte to `hello-ok`. */
const HANDSHAKE_MS = 15_000
/** The gateway sends a tick in this interval; without any frame for so many of them it counts as dead. */
const TICKS_MISSED = 2

const DEAD = 4000
const TOO_BIG = 4009
const SERVICE_RESTART = 1012
const TRY_AGAIN_LATER = 1013

export class Connection {
  readonly hello: Hello
  readonly #wire: Wire

  private constructor(wire: Wire, hello: Hello) {
    this.#wire = wire
    this.hello = hello
  }

  /** Connects and says hello. Rejects with {@link ConnectFailed}. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const wire = new Wire(options)
    const hello = await wire.handshake()
    return new Connection(wire, hello)
  }

  /**
   * Resolves with the first answer. `second` gets the second one, of methods that accept first and settle later; it is
   * not called when the connection ends before. Rejects with `GatewayAway` when no answer came.
   */
  ask(method: string, params: JsonObject, second?: OnSecond): Promise<Answer> {
    return this.#wire.ask(method, params, second)
  }

  /** Like `ask`; a refusal rejects with `GatewayRefused`. */
  async request(method: string, params: JsonObject): Promise<JsonObject> {
    const answer = await this.#wire.ask(method, params)
    if (!answer.ok) throw refused(method, answer.error)
    return answer.payload
  }

  close(): void {
    this.#wire.end('the bridge closed it', 1000)
  }
}

export function refused(method: string, error: WireError): GatewayRefused {
  return new GatewayRefused(method, {
    code: error.code,
    message: error.message,
    passing: error.retryable || error.code === 'UNAVAILABLE',
    retry_after_ms: error.retry_after_ms,
  })
}

class Wire {
  readonly #options: ConnectionOptions
  readonly #socket: Socket
  readonly #requests: Requests
  readonly #opening = Promise.withResolvers<Hello>()
  #heard_at: number
  #hello: Hello | undefined
  #stopping = false
  #ended = false
  #cancel: () => void

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#requests = new Requests(options.clock)
    this.#heard_at = options.clock.now()
    this.#cancel = options.clock.after(HANDSHAKE_MS, () => this.end('it did not say hello in time', DEAD))
    this.#socket = options.open(options.url, {
      message: (text) => this.#heard(text),
      closed: (code, reason) => this.#closed(code, reason),
    })
  }

  handshake(): Promise<Hello> {
    return this.#opening.promise
  }

  async ask(method: string, params: JsonObject, second?: OnSecond): Promise<Answer> {
    if (this.#ended) throw new GatewayAway(`${method}: the connection to the gateway has ended`)
    this.#requests.admit(method)
    const id = this.#requests.nextId()
    const text = JSON.stringify({ type: 'req', id, method, params })
    const bytes_max = this.#hello?.payload_bytes_max ?? FRAME_CHARS_MAX
    if (Buffer.byteLength(text) > bytes_max) {
      const message = `the request is larger than ${bytes_max} bytes, the gateway's limit`
      throw new GatewayRefused(method, { code: 'TOO_LARGE', message, passing: false })
    }
    const answer = this.#requests.add(id, method, second)
    this.#socket.send(text)
    return await answer
  }

  #heard(text: string): void {
    if (this.#ended) return
    if (text.length > FRAME_CHARS_MAX) {
      this.end('it sent a frame that is too large', TOO_BIG)
      return
    }
    this.#heard_at = this.#options.clock.now()
    const frame = parseFrame(text)
    if (frame?.type === 'answer') this.#requests.answered(frame)
    else if (frame) this.#event(frame.event, frame.payload)
  }

  #event(event: string, payload: JsonObject): void {
    if (!this.#hello) {
      if (event === 'connect.challenge') this.#introduce(payload)
      return
    }
    if (event === 'shutdown') this.#stopping = true
    this.#options.onEvent(event, payload)
  }

  #introduce(payload: JsonObject): void {
    const challenge = challengeOf(payload)
    if (!challenge) {
      this.#fail(new ConnectFailed('The gateway sent a challenge without nonce or time.'))
      return
    }
    const { auth, version } = this.#options
    this.ask('connect', connectParams(auth, challenge, version)).then(
      (answer) => this.#welcomed(answer),
      (error) => this.#fail(error),
    )
  }

  #welcomed(answer: Answer): void {
    try {
      if (!answer.ok) throw connectFailed(answer.error)
      this.#hello = helloOf(answer.payload)
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#cancel()
    this.#watch(this.#hello.tick_ms * TICKS_MISSED)
    this.#opening.resolve(this.#hello)
  }

  /** Ends a connection on which nothing was heard for `silence_ms`. One timer, set anew for the rest. */
  #watch(silence_ms: number): void {
    const { clock } = this.#options
    const rest = this.#heard_at + silence_ms - clock.now()
    if (rest <= 0) this.end(`nothing was heard for ${Math.round(silence_ms / 1000)} s`, DEAD)
    else this.#cancel = clock.after(rest, () => this.#watch(silence_ms))
  }

  #fail(error: unknown): void {
    this.#opening.reject(
      error instanceof ConnectFailed ? error : new ConnectFailed('The gateway ended the handshake.'),
    )
    this.end('the handshake failed', 1000)
  }

  #closed(code: number, reason: string): void {
    if (code === SERVICE_RESTART) this.#stopping = true
    const text = reason === '' ? `code ${code}` : `code ${code}, ${reason.slice(0, 200)}`
    this.#finish(
      `the gateway closed it (${text})`,
      code === TRY_AGAIN_LATER ? 'The gateway is starting.' : undefined,
    )
  }

  /** Ends the connection from this side, without waiting for the other. */
  end(reason: string, code: number): void {
    if (this.#ended) return
    this.#finish(reason)
    this.#socket.close(code)
    // A dead peer never answers a close frame.
    if (code === DEAD) this.#socket.terminate()
  }

  #finish(reason: string, opening_failure?: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancel()
    this.#requests.end(new GatewayAway(`The connection to the gateway ended: ${reason}`))
    this.#opening.reject(new ConnectFailed(opening_failure ?? `The gateway cannot be reached: ${reason}`))
    if (this.#hello) this.#options.onEnd({ reason, soon: this.#stopping })
  }
}
