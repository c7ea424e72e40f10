import type { ChannelRequest, ReadMarker, ReadRequest, UnreadRequest } from '../../contracts/calls.ts'
import type { ChannelFrame } from '../../contracts/relay.ts'
import { type ActorContext, type Deferred, deferred } from '../runtime/actor.ts'
import type { ChannelPorts } from './requests.ts'
import { type UnsavedRead, UnsavedReads } from './unsaved-reads.ts'

/** Read markers of WebSocket clients are saved together after so long. */
const SAVE_READS_MS = 1_000

/** The read markers of one channel: saved at once or together, in the order of each user, and told to its connections. */
export class ReadMarkers {
  readonly #context: ActorContext<ChannelRequest>
  readonly #ports: Pick<ChannelPorts, 'markRead' | 'markUnread' | 'ephemeral'>
  readonly #unsaved = new UnsavedReads()
  /** One round of saving after the other. */
  #saving: Promise<unknown> = Promise.resolve()

  constructor(context: ActorContext<ChannelRequest>, ports: ChannelPorts) {
    this.#context = context
    this.#ports = ports
  }

  /** `now` (REST) answers after the marker is stored; otherwise it is saved with others within a second. */
  read({ user_id, seq, rewinds, now }: ReadRequest): null | Deferred<ReadMarker | null> {
    const read = { user_id, seq, ...(rewinds === undefined ? {} : { rewinds }) }
    if (now) return deferred(this.#save(read))
    this.#unsaved.add(read)
    if (this.#unsaved.full) return deferred(this.saveAll())
    if (this.#unsaved.size === 1) this.#context.setTimer('save_reads', SAVE_READS_MS, { type: 'save_reads' })
    return null
  }

  /** Moves a marker back, after those that the user set before. */
  async unread({ user_id, seq }: UnreadRequest): Promise<ReadMarker | null> {
    const { org_id, id } = this.#context.address
    await this.saveAll(user_id)
    return this.#tell(user_id, await this.#ports.markUnread(org_id, id, user_id, seq))
  }

  /** Saves what is unsaved, of everybody or of one user. A failure is reported, and affects no other marker. */
  async saveAll(of_user_id?: string): Promise<null> {
    const taken = this.#unsaved.take(of_user_id)
    const saving = this.#saving.then(async () => {
      for (const read of taken)
        await this.#save(read).catch((error: unknown) => this.#context.failed('save a read marker', error))
    })
    this.#saving = saving
    await saving
    return null
  }

  async #save({ user_id, seq, rewinds }: UnsavedRead): Promise<ReadMarker | null> {
    const { org_id, id } = this.#context.address
    return this.#tell(user_id, await this.#ports.markRead(org_id, id, user_id, seq, rewinds))
  }

  #tell(only_user_id: string, marker: ReadMarker | undefined): ReadMarker | null {
    if (!marker) return null
    const { org_id, id: channel_id } = this.#context.address
    const { read_seq: seq, rewinds } = marker
    const frame: ChannelFrame = {
      type: 'read',
      channel_id,
      seq,
      ...(rewinds === undefined ? {} : { rewinds }),
    }
    this.#ports.ephemeral({ org_id, channel_id, only_user_id, frame })
    return marker
  }
}
