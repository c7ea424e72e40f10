import type { ReadMarker } from '@contracts/calls.ts'
import type { Channel } from '@contracts/resources.ts'
import type { QueryClient } from '@tanstack/vue-query'
import { keys } from '../api/keys.ts'
import type { Reader } from './apply-event.ts'
import { writeUpdates } from './cache-update.ts'
import { type Marker, passedIn, withCounts, withRead } from './channel-counts.ts'
import { CountReader } from './count-reader.ts'
import type { MessageLog } from './message-log.ts'
import { SentMarkers } from './sent-markers.ts'
import { realTimers } from './timers.ts'

export interface ReadMarkerPorts {
  reader: Reader
  client: QueryClient
  /** False if the frame cannot leave now. */
  send(frame: { type: 'read'; channel_id: string } & Marker): boolean
  /** Chat goes by requests. */
  overHttp(): boolean
  http: {
    read(channel_id: string, marker: Marker): Promise<unknown>
    unread(channel_id: string, seq: number): Promise<ReadMarker>
    channel(channel_id: string): Promise<Channel>
  }
  failed(stage: string, error: unknown): void
}

/** The reader's markers of an org: moved in the cache at once, sent to the server, and heard from the other tabs. */
export class ReadMarkers {
  readonly #ports: ReadMarkerPorts
  readonly #sent = new SentMarkers()
  readonly #counts: CountReader

  constructor(ports: ReadMarkerPorts) {
    this.#ports = ports
    const { client, reader, http } = ports
    const read = async (channel_id: string) => {
      const counts = await http.channel(channel_id)
      writeUpdates(client, reader.slug, [
        { at: 'channels', change: (channels) => withCounts(channels, counts) },
      ])
    }
    this.#counts = new CountReader(realTimers, read, ports.failed)
  }

  /** Everything up to `seq` is read. */
  read(channel_id: string, seq: number): void {
    const known = this.#known(channel_id)
    if (!known || seq <= known.read_seq) return
    const marker = { seq, rewinds: known.rewinds }
    if (!this.#ports.send({ type: 'read', channel_id, ...marker })) {
      if (!this.#ports.overHttp()) return
      this.#ports.http.read(channel_id, marker).catch((error) => this.#ports.failed('mark as read', error))
    }
    this.#sent.sent(channel_id, marker)
    this.moved(channel_id, marker)
  }

  /** What follows from `seq` on is unread again, once the server says so. */
  async unread(channel_id: string, seq: number): Promise<void> {
    const { read_seq, rewinds } = await this.#ports.http.unread(channel_id, seq)
    this.moved(channel_id, { seq: read_seq, ...(rewinds === undefined ? {} : { rewinds }) })
  }

  /** Moves a marker in the cache. The counts are exact if the log holds the messages between; else they are read. */
  moved(channel_id: string, marker: Marker): void {
    const { client, reader } = this.#ports
    const known = this.#known(channel_id)
    if (!known) return
    const { seq, rewinds = 0 } = marker
    const back = rewinds > known.rewinds
    if (!back && (rewinds < known.rewinds || seq <= known.read_seq)) return
    const to = Math.min(seq, known.last_seq)
    const log = client.getQueryData<MessageLog>(keys.messages(reader.slug, channel_id))
    const passed = back
      ? passedIn(log, to, known.last_seq, reader.user_id)
      : passedIn(log, known.read_seq, to, reader.user_id)
    writeUpdates(client, reader.slug, [
      { at: 'channels', change: (channels) => withRead(channels, channel_id, marker, passed) },
    ])
    if (!passed && to < known.last_seq) this.#counts.read(channel_id)
  }

  /** Sends the last markers once more: those of a lost connection may not have arrived. */
  resend(): void {
    for (const [channel_id, marker] of this.#sent.all())
      this.#ports.send({ type: 'read', channel_id, ...marker })
  }

  /** Markers of a restored log, where every number is another message, are forgotten. */
  forget(): void {
    this.#sent.clear()
  }

  stop(): void {
    this.#counts.stop()
  }

  #known(channel_id: string): Channel | undefined {
    const { client, reader } = this.#ports
    const channels = client.getQueryData<Channel[]>(keys.channels(reader.slug))
    return channels?.find(({ id }) => id === channel_id)
  }
}
