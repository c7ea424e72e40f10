import { ApiError, type RateLimitState } from '../../contracts/errors.ts'
import type { ServerFrame } from '../../contracts/frames.ts'
import { LIMITS } from '../../contracts/limits.ts'
import type { Principal } from '../../contracts/principal.ts'
import type { Message } from '../../contracts/resources.ts'
import type { CommandCall, Idempotency, Reply } from '../../domain/job.ts'
import { SYSTEM } from '../../domain/principal.ts'
import { type Actor, type ActorContext, type Later, later } from '../runtime/actor.ts'
import { type AgentMessage, type BrakeSettings, LoopBrake, PAUSE_MS } from './loop-brake.ts'

/** A message to post: what the caller gave, with the hash that tells a repeat from another message. */
export interface Posting {
  channel_id: string
  content: string
  mentions?: string[]
  client_id?: string
  content_hash: string
  reply_to?: string | null
  kind?: 'text' | 'command' | 'command_output' | 'system'
  refusal?: PostingRefusal
}

/** Why a new message is not taken; a repeat of a stored one is answered all the same. */
export interface PostingRefusal {
  code: 'RATE_LIMITED' | 'AGENT_LOOP'
  message: string
  retry_after_s: number
  rate_limit?: RateLimitState
}

export interface Posted {
  message: Message
  repeated: boolean
}

export type ChannelRequest =
  | {
      type: 'post'
      command_id: string
      posting: Posting
      principal: Principal
      retry?: boolean
      idempotency?: Idempotency
    }
  | { type: 'typing'; user_id: string }
  | { type: 'typing_stopped'; user_id: string }
  | { type: 'read'; user_id: string; seq: number; now: boolean }
  | { type: 'save_reads' }
  | { type: 'lift_brake' }

interface Recent {
  content_hash: string
  reply: Promise<Reply>
}

type PostRequest = Extract<ChannelRequest, { type: 'post' }>

export interface ReadMarker {
  read_seq: number
  last_seq: number
  mention_count: number
}

/** Who gets an ephemeral frame: the readers of a channel, or one user's own connections. */
export interface Ephemeral {
  org_id: string
  channel_id: string
  except_user_id?: string
  only_user_id?: string
  frame: ServerFrame
}

export interface ChannelPorts {
  /** Runs a command in the lane of the channel's org. */
  command(org_id: string, call: CommandCall): Promise<Reply>
  /** Sends a frame that is not stored: it may be lost, it never delays messages. Must not throw. */
  ephemeral(frame: Ephemeral): void
  /** Stores a read marker; undefined when the channel is gone. */
  markRead(org_id: string, channel_id: string, user_id: string, seq: number): Promise<ReadMarker | undefined>
  /** What the loop brake needs after a start: the current run of agents' messages and a pause that is on. */
  loadBrake(org_id: string, channel_id: string): Promise<{ run: AgentMessage[]; paused_until: number }>
  /** At once when the org's edge is loaded. */
  brakeSettings(org_id: string): BrakeSettings | Promise<BrakeSettings>
  newId(): string
}

/** So many messages at least are remembered by their `client_id`, so that a quick retry costs no transaction. */
const RECENT_MIN = 256
/** Read markers of WebSocket clients are saved together after so long. */
const SAVE_READS_MS = 1_000

/** What one chat channel keeps in memory: recent `client_id`s, who types, unsaved read markers. */
export class ChannelActor implements Actor<ChannelRequest, unknown> {
  readonly #context: ActorContext<ChannelRequest>
  readonly #ports: ChannelPorts
  readonly #org_id: string
  readonly #channel_id: string
  #recent = new Map<string, Recent>()
  #recent_before = new Map<string, Recent>()
  readonly #unsaved_reads = new Map<string, number>()
  /** When the others last heard of each user who types. */
  readonly #typing_told = new Map<string, number>()
  #brake = new LoopBrake()

  constructor(context: ActorContext<ChannelRequest>, ports: ChannelPorts) {
    this.#context = context
    this.#ports = ports
    this.#org_id = context.address.org_id
    this.#channel_id = context.address.id
  }

  async activate(): Promise<void> {
    const { run, paused_until } = await this.#ports.loadBrake(this.#org_id, this.#channel_id)
    this.#brake = new LoopBrake(run, paused_until)
    if (paused_until > 0) this.#liftLater(paused_until - this.#context.clock.now())
  }

  receive(request: ChannelRequest): unknown | Promise<unknown> | Later<unknown> {
    switch (request.type) {
      case 'post':
        return this.#post(request)
      case 'typing':
        return this.#typing(request.user_id)
      case 'typing_stopped':
        return this.#typingStopped(request.user_id)
      case 'read':
        return this.#read(request)
      case 'save_reads':
        return later(this.#saveReads())
      case 'lift_brake':
        return this.#liftBrake('time')
    }
  }

  busy(): boolean {
    // Whoever follows the log hears of the end of a pause when it ends, not with the next message.
    return this.#unsaved_reads.size > 0 || this.#brake.paused
  }

  async passivate(): Promise<void> {
    await this.#saveReads()
  }

  #post(request: PostRequest): Later<Reply> | Promise<Later<Reply>> {
    const { posting, principal } = request
    const key = posting.client_id === undefined ? undefined : `${principal.id} ${posting.client_id}`
    const recent = key === undefined ? undefined : (this.#recent.get(key) ?? this.#recent_before.get(key))
    if (recent) return later(repeatOf(recent, posting.content_hash))

    const refusal = posting.refusal ?? this.#brakeRefusal(principal)
    if (refusal instanceof Promise) return refusal.then((found) => this.#submit(request, key, found))
    return this.#submit(request, key, refusal)
  }

  #submit(request: PostRequest, key: string | undefined, refusal: Posting['refusal']): Later<Reply> {
    const { posting, principal } = request
    const call: CommandCall = {
      command_id: request.command_id,
      command: 'message.post',
      input: refusal ? { ...posting, refusal } : posting,
      principal,
      ...(request.retry ? { retry: true } : {}),
      ...(request.idempotency ? { idempotency: request.idempotency } : {}),
    }
    const reply = this.#ports.command(this.#org_id, call)
    if (key !== undefined) this.#remember(key, posting.content_hash, reply)
    // A post that fails lifts nothing, and its caller is told by its own reply.
    if (principal.kind === 'human') reply.then(() => this.#liftBrake('human')).catch(() => undefined)
    return later(reply)
  }

  /** A retry that overtakes its original, or comes just after it, gets the same answer without a transaction. */
  #remember(key: string, content_hash: string, reply: Promise<Reply>): void {
    // The older half is forgotten at once: taking out one after another costs more than all the rest of this.
    if (this.#recent.size >= RECENT_MIN) {
      this.#recent_before = this.#recent
      this.#recent = new Map()
    }
    const recent = this.#recent
    recent.set(key, { content_hash, reply })
    reply.catch(() => recent.delete(key))
  }

  #brakeRefusal(principal: Principal): Posting['refusal'] | Promise<Posting['refusal']> {
    if (principal.kind !== 'agent' && principal.kind !== 'sub_agent') return undefined
    const settings = this.#ports.brakeSettings(this.#org_id)
    if (settings instanceof Promise) return settings.then((found) => this.#refusalUnder(found, principal))
    return this.#refusalUnder(settings, principal)
  }

  #refusalUnder(
    settings: BrakeSettings,
    principal: Principal,
  ): Posting['refusal'] | Promise<Posting['refusal']> {
    const now = this.#context.clock.now()
    // Whoever turns the brake off does not want what it holds either.
    if (settings.messages === 0 && this.#brake.paused) this.#liftBrake('administrator')
    if (this.#brake.pausedUntil(now) === undefined) {
      const messages = this.#brake.take(principal.id ?? '', now, settings)
      if (messages === undefined) return undefined
      const until = new Date(now + PAUSE_MS).toISOString()
      return this.#command('channel.pause_loop', { messages, until }).then(() => {
        this.#liftLater(PAUSE_MS)
        return this.#braked(now)
      })
    }
    return this.#braked(now)
  }

  #braked(now: number): PostingRefusal {
    const until = this.#brake.pausedUntil(now) ?? now
    return {
      code: 'AGENT_LOOP',
      message: 'Agents have answered each other for too long here. A person has to write first.',
      retry_after_s: Math.ceil((until - now) / 1000),
    }
  }

  #liftLater(delay_ms: number): void {
    this.#context.setTimer('lift_brake', delay_ms, { type: 'lift_brake' })
  }

  #liftBrake(reason: 'human' | 'time' | 'administrator'): null {
    this.#context.clearTimer('lift_brake')
    if (this.#brake.lift())
      this.#command('channel.resume_loop', { reason }).catch((e) =>
        this.#context.failed('lift a loop brake', e),
      )
    return null
  }

  async #command(command: string, input: Record<string, unknown>): Promise<Reply> {
    const call = {
      command_id: this.#ports.newId(),
      command,
      input: { channel_id: this.#channel_id, ...input },
      principal: SYSTEM,
    }
    return await this.#ports.command(this.#org_id, call)
  }

  #typing(user_id: string): null {
    const now = this.#context.clock.now()
    this.#context.setTimer(`typing ${user_id}`, LIMITS.typing_expires_ms, { type: 'typing_stopped', user_id })
    if (now - (this.#typing_told.get(user_id) ?? 0) < LIMITS.typing_repeat_ms) return null
    this.#typing_told.set(user_id, now)
    return this.#send({ type: 'typing', channel_id: this.#channel_id, user_id }, user_id)
  }

  #typingStopped(user_id: string): null {
    this.#typing_told.delete(user_id)
    return this.#send({ type: 'typing_stopped', channel_id: this.#channel_id, user_id }, user_id)
  }

  #send(frame: ServerFrame, except_user_id?: string): null {
    const to = { org_id: this.#org_id, channel_id: this.#channel_id, frame }
    this.#ports.ephemeral(except_user_id === undefined ? to : { ...to, except_user_id })
    return null
  }

  /** `now` (REST) answers after the marker is stored; otherwise it is saved with others within a second. */
  #read(request: Extract<ChannelRequest, { type: 'read' }>): null | Later<ReadMarker | undefined> {
    const { user_id, seq } = request
    if (request.now) return later(this.#saveRead(user_id, seq))
    this.#unsaved_reads.set(user_id, Math.max(seq, this.#unsaved_reads.get(user_id) ?? 0))
    if (this.#unsaved_reads.size === 1)
      this.#context.setTimer('save_reads', SAVE_READS_MS, { type: 'save_reads' })
    return null
  }

  async #saveReads(): Promise<null> {
    const reads = [...this.#unsaved_reads]
    this.#unsaved_reads.clear()
    for (const [user_id, seq] of reads) {
      await this.#saveRead(user_id, seq).catch((error: unknown) =>
        this.#context.failed('save a read marker', error),
      )
    }
    return null
  }

  async #saveRead(user_id: string, seq: number): Promise<ReadMarker | undefined> {
    const marker = await this.#ports.markRead(this.#org_id, this.#channel_id, user_id, seq)
    if (!marker) return undefined
    const frame: ServerFrame = { type: 'read', channel_id: this.#channel_id, seq: marker.read_seq }
    this.#ports.ephemeral({
      org_id: this.#org_id,
      channel_id: this.#channel_id,
      only_user_id: user_id,
      frame,
    })
    return marker
  }
}

async function repeatOf(recent: Recent, content_hash: string): Promise<Reply> {
  if (recent.content_hash !== content_hash)
    throw new ApiError('IDEMPOTENCY_CONFLICT', 'This client_id was used for another message.')
  const reply = await recent.reply
  const { message } = reply.result as Posted
  return { ...reply, result: { message, repeated: true } satisfies Posted }
}
