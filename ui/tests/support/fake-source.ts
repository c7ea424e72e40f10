import type { SourceLike } from '../../src/realtime/event-stream.ts'

/** An EventSource of a page, with the server's side of it: `opened`, `says` and `fails`. */
export class FakeSource implements SourceLike {
  readyState = 0
  onopen: SourceLike['onopen'] = null
  onmessage: SourceLike['onmessage'] = null
  onerror: SourceLike['onerror'] = null
  onactivity: SourceLike['onactivity'] = null
  /** Cursor in its URL. */
  readonly cursor: string | undefined
  /** Sent as `Last-Event-ID` when the browser reconnects. */
  last_event_id = ''

  constructor(cursor?: string) {
    this.cursor = cursor
  }

  get closed(): boolean {
    return this.readyState === 2
  }

  close(): void {
    this.readyState = 2
  }

  /** The server answers the first request, or the next one after a lost connection. */
  opened(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.onopen?.()
  }

  /** Without an id the one before holds. Without data only the id counts. */
  says(envelope: unknown, last_event_id?: string): void {
    if (this.readyState === 0) throw new Error('A server speaks once the stream is open.')
    if (this.readyState !== 1) return
    this.onactivity?.()
    this.last_event_id = last_event_id ?? this.last_event_id
    if (envelope === undefined) return
    const data = typeof envelope === 'string' ? envelope : JSON.stringify(envelope)
    this.onmessage?.({ data, lastEventId: this.last_event_id })
  }

  /** 0: the connection is lost and the browser connects anew. 2: an HTTP error, the browser gives up. */
  fails(ready_state: 0 | 2): void {
    if (this.readyState === 2) return
    this.readyState = ready_state
    this.onerror?.()
  }
}
