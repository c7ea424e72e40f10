/** One dispatched event of a stream. */
export interface SseEvent {
  data: string
  /** The last event id as of this event (HTML Living Standard §9.2.6: ids stay until they change). */
  last_event_id: string
}

/** Reads an event stream from chunks of text, wherever they are cut. Fields other than data, id and retry are ignored. */
export class SseParser {
  #rest = ''
  #data: string[] = []
  #id = ''
  /** Moves also with blocks that carry an id and no data: a heartbeat's cursor. */
  last_event_id = ''
  retry_ms: number | undefined

  push(chunk: string): SseEvent[] {
    const events: SseEvent[] = []
    let text = this.#rest + chunk
    // A carriage return at the end may be half of a line break: it waits for the next chunk.
    const held = text.endsWith('\r') ? '\r' : ''
    if (held) text = text.slice(0, -1)
    const lines = text.split(/\r\n|\n|\r/)
    this.#rest = (lines.pop() ?? '') + held
    for (const line of lines) {
      const event = this.#line(line)
      if (event) events.push(event)
    }
    return events
  }

  #line(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.#data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry_ms = Number(value)
    return undefined
  }

  #dispatch(): SseEvent | undefined {
    this.last_event_id = this.#id
    if (this.#data.length === 0) return undefined
    const event = { data: this.#data.join('\n'), last_event_id: this.#id }
    this.#data = []
    return event
  }
}
