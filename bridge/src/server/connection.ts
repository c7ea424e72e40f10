import { type Clock, systemClock } from '../clock.ts'

/** How to reach one org as one agent, and what tests replace. */
export interface ConnectionOptions {
  /** Address of the server, e.g. `https://mc.example.com`; a path prefix is kept. */
  url: string
  org_slug: string
  api_key: string
  /** False accepts every certificate. */
  verify_tls?: boolean
  /** For one try of a call, and for the first frame of a stream. */
  request_timeout_ms?: number
  /** Of one call, the first one included. */
  tries?: number
  /** Name and version of the client, e.g. `mc-bridge/0.1.0`. */
  user_agent?: string
  /** Called after each try of a call, for metrics. */
  observe?: (call: ObservedCall) => void
  clock?: Clock
  random?: () => number
  fetch?: (url: string, init: BunFetchRequestInit) => Promise<Response>
}

/** One try of a call. */
export interface ObservedCall {
  /** Method and path with placeholders, e.g. `POST /channels/{channel_id}/messages`. */
  route: string
  /** Null when no answer came. */
  status: number | null
  duration_ms: number
}

const REQUEST_TIMEOUT_MS = 10_000
const TRIES = 3

/** The options with their defaults, and the key that all parts of a client share. */
export interface Connection {
  readonly url: string
  /** Address of the org's resources, without a slash at the end. */
  readonly base: string
  readonly key: Key
  readonly verify_tls: boolean
  readonly request_timeout_ms: number
  readonly tries: number
  readonly user_agent: string
  readonly clock: Clock
  /** Aborts when the client is closed. */
  readonly closed: AbortSignal
  observe(call: ObservedCall): void
  random(): number
  fetch(url: string, init: BunFetchRequestInit): Promise<Response>
}

export function connectionOf(options: ConnectionOptions, closed: AbortSignal): Connection {
  const url = options.url.replace(/\/+$/, '')
  const verify_tls = options.verify_tls ?? true
  const send = options.fetch ?? ((address, init) => fetch(address, init))
  return {
    url,
    base: `${url}/api/v1/orgs/${encodeURIComponent(options.org_slug)}`,
    key: new Key(options.api_key),
    verify_tls,
    request_timeout_ms: options.request_timeout_ms ?? REQUEST_TIMEOUT_MS,
    tries: options.tries ?? TRIES,
    user_agent: options.user_agent ?? 'mc-bridge',
    clock: options.clock ?? systemClock,
    closed,
    observe: options.observe ?? (() => undefined),
    random: options.random ?? Math.random,
    // A redirected POST would become a GET, and the key must not follow to another host.
    fetch: (address, init) =>
      send(address, {
        ...init,
        redirect: 'manual',
        ...(verify_tls ? {} : { tls: { rejectUnauthorized: false } }),
      }),
  }
}

/** The key in use. A refusal counts only for the key that was refused: another one may be in use by then. */
export class Key {
  #value: string

  constructor(value: string) {
    this.#value = value
  }

  get value(): string {
    return this.#value
  }

  replace(value: string): void {
    this.#value = value
  }

  /** False for characters that cannot stand in a header: the runtime's error about them would show the key. */
  get sendable(): boolean {
    return /^[\x21-\x7e]+$/.test(this.#value)
  }
}
