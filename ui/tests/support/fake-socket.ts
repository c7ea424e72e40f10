import type { SocketLike } from '../../src/realtime/chat-socket.ts'
import { task } from './rule.ts'

/** A WebSocket of a page, with the server's side of it: `opened`, `says` and `ends`. */
export class FakeSocket implements SocketLike {
  readyState = 0
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  readonly sent: { type: string; [name: string]: unknown }[] = []

  /** True once this side closed it. */
  get closed(): boolean {
    return this.readyState >= 2
  }

  send(text: string): void {
    if (this.readyState === 0) throw new DOMException('Still in CONNECTING state.', 'InvalidStateError')
    if (this.readyState === 1) this.sent.push(JSON.parse(text))
  }

  close(): void {
    if (this.readyState >= 2) return
    const code = this.readyState === 0 ? 1006 : 1005
    this.readyState = 2
    task(() => this.#end(code))
  }

  opened(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.onopen?.()
  }

  says(frame: unknown): void {
    if (this.readyState === 0) throw new Error('A server speaks once the socket is open.')
    if (this.readyState !== 1) return
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  }

  /** The server closes it with a code, refuses it, or the connection is cut: both 1006. */
  ends(code: number): void {
    if (this.readyState === 0 && code !== 1006) throw new Error('A close frame needs an open socket.')
    this.#end(code)
  }

  #end(code: number): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code })
  }
}
