import type { EventStream } from './stream.ts'

const encoder = new TextEncoder()

/** One published event, encoded once for everybody. */
export interface Stored {
  id: number
  topic: string
  frame: Uint8Array
}

/** One open stream and the topics it asked for. */
export interface Reader {
  topics: ReadonlySet<string>
  stream: EventStream
}

export const RING_EVENTS_MAX = 1_000

/** Numbers events, keeps the last thousand and hands each to the streams that asked for its topic. */
export class Hub {
  readonly #ring: Stored[] = []
  readonly #readers = new Set<Reader>()
  /** Only the streams of a topic are looked at: the filter costs what it delivers, not what is connected. */
  readonly #by_topic = new Map<string, Set<Reader>>()
  #head = 0
  delivered = 0

  get head(): number {
    return this.#head
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Frames and bytes that wait for readers that are behind, over all streams. */
  get waiting(): { frames: number; bytes: number } {
    let frames = 0
    let bytes = 0
    for (const { stream } of this.#readers) {
      frames += stream.waiting.frames
      bytes += stream.waiting.bytes
    }
    return { frames, bytes }
  }

  /** Returns the event's id: 1, 2, 3 … */
  publish(topic: string, data: unknown): number {
    const id = ++this.#head
    const frame = encoder.encode(`id: ${id}\ndata: ${JSON.stringify({ id, topic, data })}\n\n`)
    this.#ring[id % RING_EVENTS_MAX] = { id, topic, frame }
    for (const reader of this.#by_topic.get(topic) ?? []) {
      reader.stream.push(frame)
      this.delivered++
    }
    return id
  }

  /** How many streams an event of the topic goes to: by the index, or by asking every stream. Delivers nothing. */
  match(topic: string, how: 'index' | 'scan'): number {
    let matched = 0
    if (how === 'index')
      for (const reader of this.#by_topic.get(topic) ?? []) matched += reader.stream.ended ? 0 : 1
    else for (const { topics } of this.#readers) if (topics.has(topic)) matched++
    return matched
  }

  /**
   * Serves a stream from `after` on: first what the ring holds, at the reader's pace, then, in the tick in which nothing
   * is missing, the live tail. A cursor that the ring does not reach is answered with a reset, never with a hole.
   */
  async serve(reader: Reader, after: number): Promise<void> {
    const oldest = Math.max(1, this.#head - RING_EVENTS_MAX + 1)
    let at = after
    if (after > this.#head || after < oldest - 1) {
      reader.stream.push(encoder.encode(`id: ${this.#head}\ndata: {"reset":true}\n\n`))
      at = this.#head
    }
    while (at < this.#head && !reader.stream.ended) {
      const stored = this.#ring[++at % RING_EVENTS_MAX]
      // Overtaken while it replayed: it comes back and is told so.
      if (stored?.id !== at) return reader.stream.cut()
      if (!reader.topics.has(stored.topic)) continue
      reader.stream.push(stored.frame)
      this.delivered++
      if (reader.stream.waiting.frames > 0) await reader.stream.room()
    }
    if (!reader.stream.ended) this.#add(reader)
  }

  #add(reader: Reader): void {
    this.#readers.add(reader)
    for (const topic of reader.topics) {
      const readers = this.#by_topic.get(topic)
      if (readers) readers.add(reader)
      else this.#by_topic.set(topic, new Set([reader]))
    }
  }

  remove(reader: Reader): void {
    this.#readers.delete(reader)
    for (const topic of reader.topics) {
      const readers = this.#by_topic.get(topic)
      readers?.delete(reader)
      if (readers?.size === 0) this.#by_topic.delete(topic)
    }
  }
}
