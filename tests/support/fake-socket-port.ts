import type { SocketPort } from '../../src/edge/ws-sink.ts'

/** The topics of one node. */
export class FakeTopics {
  readonly #members = new Map<string, Set<FakeSocketPort>>()

  of(topic: string): Set<FakeSocketPort> {
    const members = this.#members.get(topic) ?? new Set()
    this.#members.set(topic, members)
    return members
  }

  publish(topic: string, text: string): void {
    for (const port of this.of(topic)) port.take(text)
  }
}

/** A socket of the runtime in memory; socket-port-contract.ts says what holds for both. */
export class FakeSocketPort implements SocketPort {
  /** Frames that the runtime took, sent and published ones. */
  readonly sent: string[] = []
  /** Codes with which this side closed it; -1 stands for a cut. */
  readonly closes: number[] = []
  readonly joined = new Set<string>()
  corks = 0
  pings = 0
  /** Bytes that the runtime holds. */
  buffered = 0
  /** True between a frame that the peer had no room for and the drain. */
  behind = false
  readonly #topics: FakeTopics
  #room: number
  #gone = false

  /** Its peer has room for so many frames. */
  constructor(room = Number.POSITIVE_INFINITY, topics = new FakeTopics()) {
    this.#room = room
    this.#topics = topics
  }

  send(text: string): boolean {
    if (this.#gone) return false
    if (this.behind) throw new Error('A frame was sent before the runtime said that it drained.')
    this.take(text)
    return !this.behind
  }

  /** Takes a frame, whether the peer has room or not. */
  take(text: string): void {
    this.sent.push(text)
    if (--this.#room > 0) return
    this.behind = true
    this.buffered += text.length
  }

  cork(write: () => void): void {
    if (this.#gone) return
    this.corks++
    write()
  }

  join(topic: string): void {
    if (this.#gone) return
    this.joined.add(topic)
    this.#topics.of(topic).add(this)
  }

  leave(topic: string): void {
    this.joined.delete(topic)
    this.#topics.of(topic).delete(this)
  }

  waiting(): number {
    return this.#gone ? 0 : this.buffered
  }

  close(code: number, _reason: string): void {
    if (this.#gone) return
    this.closes.push(code)
    this.peerLeaves()
  }

  ping(): void {
    if (!this.#gone) this.pings++
  }

  terminate(): void {
    this.closes.push(-1)
    this.peerLeaves()
  }

  /** The peer reads again, and has room for so many frames more. */
  drains(room = Number.POSITIVE_INFINITY): void {
    this.#room = room
    this.buffered = 0
    this.behind = false
  }

  /** The connection is gone; the runtime has seen it and the sink has not. */
  peerLeaves(): void {
    this.#gone = true
    for (const topic of this.joined) this.leave(topic)
  }
}
