interface Received {
  channel: string
  seq: number
  content: string
}

/** One member's WebSocket: follows channels, keeps what it saw, and comes back after a cut where it stopped. */
export class Member {
  readonly seen = new Map<string, Received[]>()
  readonly name: string
  readonly #url: string
  readonly #unacked = new Map<string, string>()
  #socket: WebSocket | undefined
  #sent = 0
  /** Frames that were seen before: there must be none. */
  repeated = 0
  /** Frames whose seq does not follow the one before. */
  gaps = 0

  constructor(url: string, name: string, channels: readonly string[]) {
    this.#url = `${url}?name=${name}`
    this.name = name
    for (const channel of channels) this.seen.set(channel, [])
  }

  async connect(): Promise<void> {
    const socket = new WebSocket(this.#url)
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)))
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve()
      socket.onerror = () => reject(new Error('no WebSocket'))
    })
    this.#socket = socket
    const after = Object.fromEntries([...this.seen].map(([channel, log]) => [channel, log.length]))
    socket.send(JSON.stringify({ type: 'hello', after }))
    // What was not acknowledged goes again, under the same id: it is stored once.
    for (const frame of this.#unacked.values()) socket.send(frame)
  }

  get unacked(): number {
    return this.#unacked.size
  }

  send(channel: string, content: string): void {
    const client_id = `${this.name}-${++this.#sent}`
    const frame = JSON.stringify({ type: 'message', channel, content, client_id })
    this.#unacked.set(client_id, frame)
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame)
  }

  /** Cuts the connection without a word. */
  cut(): void {
    const socket = this.#socket
    this.#socket = undefined
    // Of this runtime: no close frame, as when a cable is pulled.
    if (socket && 'terminate' in socket && typeof socket.terminate === 'function') socket.terminate()
  }

  #take(frame: { type: string; client_id?: string } & Received): void {
    if (frame.type === 'ack') this.#unacked.delete(frame.client_id ?? '')
    if (frame.type !== 'message') return
    const log = this.seen.get(frame.channel)
    if (!log) return
    if (frame.seq <= log.length) this.repeated++
    else if (frame.seq > log.length + 1) this.gaps++
    log.push(frame)
  }
}
