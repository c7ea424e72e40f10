import type { CommandCall, OrgReply, OrgRequest, Reply } from '../../contracts/calls.ts'
import type { LogEvent, PublishedBatch } from '../../contracts/log-event.ts'
import type { Done, Job } from '../../domain/job.ts'
import { Fenced, Gone, type Head } from '../../domain/ownership.ts'
import type { PermissionSnapshot } from '../../domain/permission-snapshot.ts'
import { Permissions } from '../../domain/permissions.ts'
import { type Actor, type ActorContext, type Deferred, deferred } from '../runtime/actor.ts'
import type { Directory } from '../runtime/directory.ts'
import { Lane, type LaneLimits, type LaneOwner } from '../runtime/lane.ts'
import type { LaneStore } from '../runtime/lane-store.ts'
import { ReplayRing } from './ring.ts'

/** What an org actor needs from outside; joined in the composition root. */
export interface OrgPorts {
  store: LaneStore<Job, Done>
  /** Permissions and head in one snapshot; undefined when the org is gone. */
  load(org_id: string): Promise<{ head: Head; permissions: PermissionSnapshot } | undefined>
  /** Hands a stored batch to all edges, in order. Must not throw. */
  publish(batch: PublishedBatch): void
  /** This owner stopped, maybe before it published what is stored: edges compare with the stored head. */
  ownerLost(org_id: string): void
  /** The actor of the org ended on this node, in whichever way: those of its channels have to end too. */
  ended?(org_id: string): void
  directory: Directory
  /** Whether other nodes may write too at present: permissions are up to date inside a transaction only. */
  contested?(org_id: string): boolean
  /** The refusal of a job that the permissions decide alone: it never enters the lane. */
  refusal?(job: Job, now_ms: number): Error | undefined
  observe(measure: 'batch_size' | 'commit_ms' | 'queue_depth' | 'fenced' | 'published', value: number): void
}

export interface OrgLimits {
  lane: LaneLimits
  ring_events_max: number
  ring_bytes_max: number
}

/** The single writer of one org: its lane, its head, its replay ring and its permissions. */
export class OrgActor implements Actor<OrgRequest, OrgReply>, LaneOwner<Done> {
  readonly #org_id: string
  readonly #context: ActorContext<OrgRequest>
  readonly #ports: OrgPorts
  readonly #limits: OrgLimits
  readonly #ring: ReplayRing
  #lane: Lane<Job, Done> | undefined
  #permissions: Permissions | undefined
  /** Epoch of the entry in the directory. */
  #announced = 0

  constructor(context: ActorContext<OrgRequest>, ports: OrgPorts, limits: OrgLimits) {
    this.#org_id = context.address.org_id
    this.#context = context
    this.#ports = ports
    this.#limits = limits
    this.#ring = new ReplayRing(limits.ring_events_max, limits.ring_bytes_max)
  }

  /** Takes the org first and loads afterwards: what is loaded under the new epoch is final. */
  async activate(): Promise<void> {
    const head = await this.#ports.store.take(this.#org_id)
    try {
      await this.#load(head)
    } catch (error) {
      this.#ports.store.release(this.#org_id, head.epoch)
      throw error
    }
  }

  async #load(head: Head): Promise<void> {
    const loaded = await this.#ports.load(this.#org_id)
    if (!loaded) throw new Gone(`Org ${this.#org_id} is gone`)
    if (loaded.head.epoch !== head.epoch) throw new Fenced('Another node took the organization meanwhile')
    this.#permissions = new Permissions(loaded.permissions)
    const { store } = this.#ports
    this.#lane = new Lane(this.#org_id, loaded.head, store, this, this.#context.clock, this.#limits.lane)
    this.#announced = head.epoch
    await this.#ports.directory.announce(this.#org_id, head.epoch)
  }

  receive(request: OrgRequest): OrgReply | Promise<OrgReply> | Deferred<OrgReply> {
    switch (request.type) {
      case 'command':
        return deferred(this.#command(request.call))
      case 'replay':
        return this.#ring.after(request.after, request.limit) ?? null
    }
  }

  busy(): boolean {
    return (this.#lane?.depth ?? 0) > 0
  }

  async passivate(): Promise<void> {
    await this.#lane?.drained()
    await this.#close(new Fenced('The organization moved'))
  }

  #command(call: CommandCall): Promise<Reply> {
    const { lane, permissions } = this.#active()
    const job = { ...call, permissions }
    const refusal = this.#ports.contested?.(this.#org_id)
      ? undefined
      : this.#ports.refusal?.(job, this.#context.clock.now())
    if (refusal) return Promise.reject(refusal)
    return lane.submit(job).then((done) => done.reply)
  }

  committed(batch: Done[], head: Head): void {
    const { permissions } = this.#active()
    if (head.epoch !== this.#announced) this.#announceAgain(head.epoch)
    const events: LogEvent[] = []
    for (const done of batch) {
      for (const event of done.events) {
        permissions.apply(event)
        events.push(event)
        this.#ring.push(event)
      }
    }
    if (events.length === 0) return
    const notifications = batch.flatMap((done) => done.notifications)
    this.#ports.observe('published', events.length)
    this.#ports.publish({ org_id: this.#org_id, log: head.log, epoch: head.epoch, events, notifications })
  }

  /** The lane took a later epoch, for a doubt or from another node. */
  #announceAgain(epoch: number): void {
    this.#announced = epoch
    // A later owner is met at the next batch.
    this.#ports.directory.announce(this.#org_id, epoch).catch(() => undefined)
  }

  endsBatch(done: Done): boolean {
    const { permissions } = this.#active()
    return done.events.some((event) => permissions.isTouchedBy(event))
  }

  lost(error: Fenced | Gone): void {
    this.#ports.observe('fenced', 1)
    this.#close(error).catch((failure: unknown) => this.failed('release', failure))
    this.#context.stop()
    this.#ports.ownerLost(this.#org_id)
  }

  observe(measure: 'batch_size' | 'commit_ms' | 'queue_depth', value: number): void {
    this.#ports.observe(measure, value)
  }

  failed(stage: string, error: unknown): void {
    this.#context.failed(`${stage} of org ${this.#org_id}`, error)
  }

  async #close(error: Error): Promise<void> {
    if (!this.#lane) return
    this.#lane.close(error)
    const { epoch } = this.#lane.head
    this.#ports.store.release(this.#org_id, epoch)
    this.#ports.ended?.(this.#org_id)
    await this.#ports.directory.release(this.#org_id, epoch)
  }

  #active(): { lane: Lane<Job, Done>; permissions: Permissions } {
    if (!this.#lane || !this.#permissions)
      throw new Error('unreachable: an actor is used before it is active')
    return { lane: this.#lane, permissions: this.#permissions }
  }
}
