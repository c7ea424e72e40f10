import type {
  ChannelReply,
  ChannelRequest,
  CommandCall,
  LiftRequest,
  PostReply,
  PostRequest,
} from '../../contracts/calls.ts'
import type { PostRefusal } from '../../contracts/commands.ts'
import { LIMITS } from '../../contracts/limits.ts'
import type { Principal } from '../../contracts/principal.ts'
import { SYSTEM } from '../../domain/principal.ts'
import { type Actor, type ActorContext, type Deferred, deferred } from '../runtime/actor.ts'
import { type BrakeSettings, LoopBrake, PAUSE_MS } from './loop-brake.ts'
import { ReadMarkers } from './read-markers.ts'
import { RecentPosts } from './recent-posts.ts'
import type { ChannelPorts, Ephemeral } from './requests.ts'
import { Typing } from './typing.ts'

/** The memory of one chat channel: recent `client_id`s, the loop brake, typing, unsaved read markers. */
export class ChannelActor implements Actor<ChannelRequest, ChannelReply> {
  readonly #context: ActorContext<ChannelRequest>
  readonly #ports: ChannelPorts
  readonly #org_id: string
  readonly #channel_id: string
  readonly #recent = new RecentPosts()
  readonly #markers: ReadMarkers
  readonly #typing = new Typing()
  #brake = new LoopBrake()

  constructor(context: ActorContext<ChannelRequest>, ports: ChannelPorts) {
    this.#context = context
    this.#ports = ports
    this.#markers = new ReadMarkers(context, ports)
    this.#org_id = context.address.org_id
    this.#channel_id = context.address.id
  }

  async activate(): Promise<void> {
    await this.#ports.ownOrg?.(this.#org_id)
    const { run, paused_until } = await this.#ports.loadBrake(this.#org_id, this.#channel_id)
    this.#brake = new LoopBrake(run, paused_until)
  }

  receive(request: ChannelRequest): ChannelReply | Deferred<ChannelReply> | Promise<Deferred<ChannelReply>> {
    switch (request.type) {
      case 'post':
        return this.#post(request)
      case 'typing':
        return this.#types(request.user_id)
      case 'typing_stopped':
        return this.#stopsTyping(request.user_id)
      case 'read':
        return this.#markers.read(request)
      case 'unread':
        return deferred(this.#markers.unread(request))
      case 'lift_pause':
        return deferred(this.#liftByPerson(request))
      case 'save_reads':
        return deferred(this.#markers.saveAll())
    }
  }

  async passivate(): Promise<void> {
    await this.#markers.saveAll()
  }

  // -- messages -----------------------------------------------------------------------------------------------------

  #post(request: PostRequest): Deferred<PostReply> | Promise<Deferred<PostReply>> {
    const { posting, principal } = request
    const key = posting.client_id === undefined ? undefined : `${principal.id} ${posting.client_id}`
    const replay = key === undefined ? undefined : this.#recent.replay(key, posting.content_hash)
    if (replay) return deferred(replay)

    const refusal = posting.refusal ?? this.#brakeRefusal(principal)
    if (refusal instanceof Promise) return refusal.then((found) => this.#submit(request, key, found))
    return this.#submit(request, key, refusal)
  }

  #submit(
    request: PostRequest,
    key: string | undefined,
    refusal: PostRefusal | undefined,
  ): Deferred<PostReply> {
    const { posting, principal } = request
    const call: CommandCall<'message.post'> = {
      command_id: request.command_id,
      command: 'message.post',
      input: refusal ? { ...posting, refusal } : posting,
      principal,
      ...(request.retry ? { retry: true } : {}),
      ...(request.idempotency ? { idempotency: request.idempotency } : {}),
    }
    const reply = this.#ports.post(this.#org_id, call)
    if (key !== undefined) this.#recent.remember(key, posting.content_hash, reply)
    // A post that fails lifts nothing; its error goes to its caller.
    if (principal.kind === 'human') reply.then(() => this.#liftBrake('human')).catch(() => undefined)
    return deferred(reply)
  }

  // -- agents that answer each other --------------------------------------------------------------------------------

  #brakeRefusal(principal: Principal): PostRefusal | undefined | Promise<PostRefusal | undefined> {
    if (principal.kind !== 'agent' && principal.kind !== 'sub_agent') return undefined
    const settings = this.#ports.brakeSettings(this.#org_id)
    if (settings instanceof Promise) return settings.then((found) => this.#refusalUnder(found, principal))
    return this.#refusalUnder(settings, principal)
  }

  #refusalUnder(
    settings: BrakeSettings,
    principal: Principal,
  ): PostRefusal | undefined | Promise<PostRefusal | undefined> {
    const now = this.#context.clock.now()
    // Turning the brake off also ends a pause.
    if (settings.messages === 0 && this.#brake.engaged) this.#liftBrake('administrator')
    if (this.#brake.expired(now)) this.#liftBrake('time')
    const until = this.#brake.pausedUntil(now)
    if (until !== undefined) return loopRefusal(until, now)
    const messages = this.#brake.take(principal.id ?? '', now, settings)
    return messages === undefined ? undefined : this.#pause(messages, now)
  }

  /** Stores the pause, with the alarm for its end, before it holds. When that fails the caller gets the error. */
  async #pause(messages: number, now: number): Promise<PostRefusal> {
    try {
      const until = new Date(now + PAUSE_MS).toISOString()
      const { result } = await this.#ports.pauseLoop(this.#org_id, {
        ...this.#envelope(),
        command: 'channel.pause_loop',
        input: { channel_id: this.#channel_id, messages, until },
      })
      const paused_until = Date.parse(result.until)
      this.#brake.pause(paused_until)
      return loopRefusal(paused_until, now)
    } catch (error) {
      this.#brake.pauseFailed()
      throw error
    }
  }

  /** A failure is only reported: the stored alarm ends the pause at its time. */
  #liftBrake(reason: 'human' | 'time' | 'administrator'): void {
    if (!this.#brake.lift()) return
    this.#ports
      .resumeLoop(this.#org_id, {
        ...this.#envelope(),
        command: 'channel.resume_loop',
        input: { channel_id: this.#channel_id, reason },
      })
      .catch((error: unknown) => this.#context.failed('lift a loop brake', error))
  }

  /** Agents' posts are refused until the end of the pause is stored: a failure leaves everything as it was. */
  async #liftByPerson({ command_id, principal, retry }: LiftRequest): Promise<null> {
    await this.#ports.resumeLoop(this.#org_id, {
      command_id,
      command: 'channel.resume_loop',
      input: { channel_id: this.#channel_id, reason: 'administrator' },
      principal,
      ...(retry ? { retry } : {}),
    })
    this.#brake.lift()
    return null
  }

  #envelope() {
    return { command_id: this.#ports.newId(), principal: SYSTEM }
  }

  // -- ephemeral frames ---------------------------------------------------------------------------------------------

  #types(user_id: string): null {
    const { tracked, announce } = this.#typing.continues(user_id, this.#context.clock.now())
    if (!tracked) return null
    const stopped = { type: 'typing_stopped', user_id } as const
    this.#context.setTimer(`typing ${user_id}`, LIMITS.typing_expires_ms, stopped)
    if (!announce) return null
    return this.#send({
      except_user_id: user_id,
      frame: { type: 'typing', channel_id: this.#channel_id, user_id },
    })
  }

  #stopsTyping(user_id: string): null {
    if (!this.#typing.stopped(user_id)) return null
    return this.#send({
      except_user_id: user_id,
      frame: { type: 'typing_stopped', channel_id: this.#channel_id, user_id },
    })
  }

  #send(to: Omit<Ephemeral, 'org_id' | 'channel_id'>): null {
    this.#ports.ephemeral({ org_id: this.#org_id, channel_id: this.#channel_id, ...to })
    return null
  }
}

function loopRefusal(until: number, now: number): PostRefusal {
  return {
    code: 'AGENT_LOOP',
    message: 'Agents have answered each other for too long here. A person has to write first.',
    retry_after_s: Math.ceil((until - now) / 1000),
  }
}
