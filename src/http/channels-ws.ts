import { CLOSE } from '../contracts/close-codes.ts'
import type { PostRefusal } from '../contracts/commands.ts'
import { ApiError, type ErrorBody, notFound } from '../contracts/errors.ts'
import { CLIENT_FRAMES, type ClientFrame, type MessageFrame } from '../contracts/frames.ts'
import { newId } from '../contracts/ids.ts'
import { LIMITS } from '../contracts/limits.ts'
import type { AuthenticatedPrincipal } from '../contracts/principal.ts'
import { authorize } from '../domain/access.ts'
import { WsSink } from '../edge/ws-sink.ts'
import { parseJson } from './body.ts'
import type { Deps } from './deps.ts'
import { type Membership, principalNow } from './identity.ts'
import { checkKind, posting } from './posting.ts'
import { internalError } from './reply.ts'
import { portOf, type Socket } from './socket-port.ts'
import { checker } from './validate.ts'

/** Handlers of one connection; Bun calls them through `ws.data`. */
export interface SocketHandlers {
  open(socket: Socket): void
  message(socket: Socket, data: string | Buffer): void
  drain(socket: Socket): void
  /** The peer answered a ping. */
  pong(socket: Socket): void
  close(socket: Socket, code: number): void
}

const checks = {
  hello: checker(CLIENT_FRAMES.hello),
  message: checker(CLIENT_FRAMES.message),
  typing: checker(CLIENT_FRAMES.typing),
  read: checker(CLIENT_FRAMES.read),
  ping: checker(CLIENT_FRAMES.ping),
}

/**
 * One client's connection. Its frames are handled one at a time in the order they arrived: the runtime would run
 * handlers side by side and so reorder what a client wrote.
 */
export function channelSocket(deps: Deps, membership: Membership): SocketHandlers {
  const { edge, principal, expires_at } = membership
  const credential = expires_at === undefined ? { principal } : { principal, expires_at }
  const queue: (string | Buffer)[] = []
  let sink: WsSink | undefined
  let busy = false
  let bad_in_a_row = 0
  /** Posts that were given to their channel and are not stored yet. */
  let unstored = 0
  /** Frames of this turn of the event loop: too many at once are a flood, even when each is answered at once. */
  let in_this_turn = 0
  let hello_timer: ReturnType<typeof setTimeout> | undefined

  async function work(): Promise<void> {
    busy = true
    for (let data = queue.shift(); data !== undefined && sink && !sink.closed; data = queue.shift()) {
      const handled = handle(sink, data)
      if (handled) await handled
    }
    busy = false
  }

  function handle(to: WsSink, data: string | Buffer): Promise<void> | undefined {
    let frame: KnownFrame
    try {
      frame = readFrame(data)
      bad_in_a_row = 0
    } catch (error) {
      to.send({ type: 'error', error: errorOf(error) })
      if (++bad_in_a_row >= LIMITS.ws_bad_frames_max)
        to.close(CLOSE.protocol_error, 'Too many frames that are not of this protocol.')
      return undefined
    }
    try {
      return answer(to, checks[frame.type](frame))?.catch((error: unknown) => refuse(to, frame, error))
    } catch (error) {
      refuse(to, frame, error)
      return undefined
    }
  }

  /** An error frame names the refused message by `client_id`, even if its fields are invalid: the sender has no other name. */
  function refuse(to: WsSink, frame: KnownFrame, error: unknown): void {
    if (!(error instanceof ApiError)) deps.log.failed('a WebSocket frame', error)
    const { type, client_id } = frame
    const named =
      type === 'message' && typeof client_id === 'string' && client_id.length <= LIMITS.client_id_max
    to.answer({ type: 'error', ...(named ? { client_id } : {}), error: errorOf(error) })
  }

  /** A promise when the next frame must be handled after it. */
  function answer(to: WsSink, frame: ClientFrame): Promise<void> | undefined {
    if (frame.type === 'ping') {
      to.send({ type: 'pong' })
      return undefined
    }
    if (frame.type === 'hello') {
      clearTimeout(hello_timer)
      if (to.ready) throw new ApiError('VALIDATION_FAILED', 'Hello is said once, first.')
      edge.sockets.hello(to, frame)
      membership.holds().then(
        (holds) => {
          if (!holds) to.revoke('session')
        },
        (error: unknown) => {
          deps.log.failed('look up the member of a socket', error)
          to.close(CLOSE.restarting, 'Come back.')
        },
      )
      return undefined
    }
    if (!to.ready) throw new ApiError('VALIDATION_FAILED', 'Say hello first.')
    const { channel_id } = frame
    if (!edge.permissions.mayReadChannel(principal, channel_id)) throw notFound('channel')
    if (frame.type === 'message') return post(to, frame)
    if (frame.type === 'typing')
      return deps
        .channel(edge.org_id, channel_id, { type: 'typing', user_id: principal.id })
        .then(() => undefined)
    const { seq, rewinds } = frame
    const marker = { seq, ...(rewinds === undefined ? {} : { rewinds }) }
    to.ownReads.set(channel_id, marker)
    const request = { type: 'read', user_id: principal.id, ...marker, now: false } as const
    return deps.channel(edge.org_id, channel_id, request).then(() => undefined)
  }

  /**
   * Hands the message to its channel, which keeps the order, and does not wait for the commit: several messages of one
   * client share a transaction. The acknowledgement follows when it is stored.
   */
  function post(to: WsSink, frame: MessageFrame): Promise<void> | undefined {
    const sender = principalNow(membership)
    authorize('message.post', sender, edge.permissions.readOnly)
    checkKind(frame.kind, principal.kind)
    const refusal = deps.limits.message(principal.id)
    if (!(refusal instanceof Promise)) {
      hand(to, frame, sender, refusal)
      return undefined
    }
    // The next frame waits: messages of one client keep their order.
    return refusal.then((known) => hand(to, frame, sender, known))
  }

  function hand(
    to: WsSink,
    frame: MessageFrame,
    sender: AuthenticatedPrincipal,
    refusal: PostRefusal | undefined,
  ): void {
    const { channel_id } = frame
    const prepared = posting(channel_id, frame, refusal)
    const request = {
      type: 'post',
      command_id: newId(),
      posting: prepared,
      principal: sender,
    } as const
    unstored++
    deps.channel(edge.org_id, channel_id, request).then(
      ({ result }) => {
        unstored--
        const { id, seq, created_at } = result.message
        to.answer({ type: 'ack', client_id: frame.client_id ?? null, channel_id, id, seq, created_at })
      },
      (error: unknown) => {
        unstored--
        refuse(to, frame, error)
      },
    )
  }

  return {
    open(socket) {
      sink = new WsSink(credential, portOf(socket), (delay_ms, fire) => setTimeout(fire, delay_ms))
      edge.sockets.add(sink)
      hello_timer = setTimeout(
        () => sink?.close(CLOSE.protocol_error, 'No hello within ten seconds.'),
        LIMITS.ws_hello_deadline_ms,
      )
    },
    message(_socket, data) {
      if (!sink || sink.closed) return
      sink.heard(Date.now())
      if (in_this_turn++ === 0) setImmediate(() => (in_this_turn = 0))
      if (Math.max(queue.length + unstored + 1, in_this_turn) > LIMITS.ws_inbound_queue_max) {
        queue.length = 0
        sink.close(CLOSE.flooding, 'More frames than one client may have waiting.')
        return
      }
      queue.push(data)
      if (!busy) void work()
    },
    drain() {
      sink?.drained()
    },
    pong() {
      sink?.heard(Date.now())
    },
    close() {
      clearTimeout(hello_timer)
      queue.length = 0
      if (!sink) return
      sink.lost()
      edge.removeSocket(sink)
    },
  }
}

/** A frame with a known type and unchecked fields. */
type KnownFrame = { type: ClientFrame['type'] } & Record<string, unknown>

/** Throws for a frame outside this protocol: binary, no JSON, an unknown type. */
function readFrame(data: string | Buffer): KnownFrame {
  if (typeof data !== 'string') throw new ApiError('VALIDATION_FAILED', 'Send text frames with JSON.')
  const value = parseJson(data)
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(checks, type))
    throw new ApiError('VALIDATION_FAILED', 'There is no frame of this type.')
  return value as KnownFrame
}

/** A frame has no headers: the wait of a rate limit stands in the details. */
function errorOf(error: unknown): ErrorBody['error'] {
  if (!(error instanceof ApiError)) return internalError().body().error
  const { error: detail } = error.body()
  return error.errorCode === 'RATE_LIMITED' && error.retry_after_s !== undefined
    ? { ...detail, details: { retry_after_s: error.retry_after_s } }
    : detail
}
