/** Keeps one connection to a gateway open, and tells how it stands: the link. */

import type { Clock } from '../clock.ts'
import { BackOff } from './back-off.ts'
import { Connection } from './connection.ts'
import { ConnectFailed, type GatewayAuth } from './handshake.ts'
import type { JsonObject } from './json.ts'
import type { Link } from './port.ts'
import type { OpenSocket } from './socket.ts'

export interface SupervisorOptions {
  url: string
  auth: GatewayAuth
  version: string
  clock: Clock
  random: () => number
  open: OpenSocket
  onEvent(event: string, payload: JsonObject): void
  onLink(link: Link): void
  /** Gets failures to write the device's file. */
  report(stage: string, error: unknown): void
}

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #back_off: BackOff
  #link: Link
  #connection: Connection | undefined
  #closed = false
  #cancel: () => void = () => undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#back_off = new BackOff(options.random)
    this.#link = { status: 'connecting', since: this.#now() }
  }

  get link(): Link {
    return this.#link
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Begins to connect; never rejects. */
  async connect(): Promise<void> {
    const { url, auth, version, clock, open, onEvent } = this.#options
    try {
      const connection = await Connection.open({
        ...{ url, auth, version, clock, open, onEvent },
        onEnd: ({ reason, soon }) => this.#lost(reason, soon),
      })
      if (this.#closed) connection.close()
      else this.#welcome(connection)
    } catch (error) {
      if (!this.#closed) this.#failed(error instanceof ConnectFailed ? error : unexpected(error))
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#cancel()
    this.#connection?.close()
    this.#connection = undefined
    this.#set({ status: 'away', since: this.#now(), reason: 'The bridge closed the connection.' })
  }

  #welcome(connection: Connection): void {
    const { boot_id, version, protocol, device_token } = connection.hello
    const { auth } = this.#options
    if (auth.kind === 'device' && device_token !== undefined)
      this.#try('keep the device token', () => auth.device.keepToken(device_token))
    this.#connection = connection
    this.#set({ status: 'connected', since: this.#now(), boot_id, version, protocol })
  }

  #lost(reason: string, soon: boolean): void {
    if (this.#closed || !this.#connection) return
    this.#connection = undefined
    const lasted_ms = this.#options.clock.now() - this.#link.since.getTime()
    this.#set({ status: 'away', since: this.#now(), reason })
    this.#again(this.#back_off.lost(lasted_ms, soon))
  }

  #failed(failure: ConnectFailed): void {
    const { refusal, message, retry_after_ms, token_revoked, approve_command } = failure
    if (!refusal) {
      if (this.#link.status !== 'away') this.#set({ status: 'away', since: this.#now(), reason: message })
      this.#again(this.#back_off.failed(retry_after_ms))
      return
    }
    const pairs_again = token_revoked && this.#forgetToken()
    const link = this.#link
    if (link.status !== 'refused' || link.reason !== refusal || link.message !== message)
      this.#set({ status: 'refused', since: this.#now(), reason: refusal, message, approve_command })
    this.#again(this.#back_off.refused(refusal === 'pairing_required' || pairs_again))
  }

  /**
   * A device token that was revoked is dropped where the shared token can pair the same key again. Otherwise it is kept:
   * the address may be another gateway's for a while. False when nothing was dropped.
   */
  #forgetToken(): boolean {
    const { auth } = this.#options
    if (auth.kind !== 'device' || auth.shared_token === null || auth.device.token === null) return false
    this.#try('forget the device token', () => auth.device.forgetToken())
    return true
  }

  #again(delay_ms: number): void {
    this.#cancel = this.#options.clock.after(delay_ms, () => void this.connect())
  }

  #set(link: Link): void {
    this.#link = link
    this.#options.onLink(link)
  }

  #try(stage: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#options.report(stage, error)
    }
  }

  #now(): Date {
    return new Date(this.#options.clock.now())
  }
}

/** E.g. an address that no socket can be made for. */
function unexpected(error: unknown): ConnectFailed {
  return new ConnectFailed(error instanceof Error ? error.message : String(error))
}
