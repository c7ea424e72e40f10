import { createParser } from 'eventsource-parser'

/** One dispatched event of a stream. */
export interface SseEvent {
  data: string
  /** The last event id as of this event: an id stays until another one replaces it (HTML Living Standard §9.2.6). */
  last_event_id: string
}

/** The longest event that is buffered, in characters: an order of magnitude above the largest payload of the log. */
const EVENT_CHARS_MAX = 4 * 1024 * 1024

/** Collects the events of a text stream, and the last event id, which a heartbeat also moves. */
export class SseReader {
  last_event_id = ''
  /** Comments so far: heartbeats. */
  comments = 0
  #events: SseEvent[] = []
  readonly #parser = createParser({
    maxBufferSize: EVENT_CHARS_MAX,
    onId: (id) => {
      this.last_event_id = id
    },
    onComment: () => {
      this.comments++
    },
    onEvent: ({ data }) => {
      this.#events.push({ data, last_event_id: this.last_event_id })
    },
    // Unknown fields are ignored, as the standard says; a stream beyond the limit cannot be continued.
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') throw error
    },
  })

  /** The events that this chunk completes. */
  push(chunk: string): SseEvent[] {
    this.#parser.feed(chunk)
    const events = this.#events
    this.#events = []
    return events
  }
}
