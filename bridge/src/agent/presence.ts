import type { ClientReport } from '../../../src/contracts/requests.ts'
import type { AgentClient, User } from '../../../src/contracts/resources.ts'
import { type Clock, pause } from '../clock.ts'
import { patiently } from '../delivery/patiently.ts'
import { type AgentServer, KeyRefused } from '../server/port.ts'
import { ClientReporter } from './client-reporter.ts'

/** In milliseconds. */
export interface PresenceTimes {
  /** So long a newcomer waits for the bridge that has the agent to speak up. */
  challenge_ms: number
  /** Between two looks at the server during that time. */
  look_ms: number
  /** The least time between two answers to challenges: shorter than a challenge. */
  reassert_ms: number
  /** After a refusal the next challenge comes so much later. */
  again_ms: number
  /** What the other bridge had begun is taken up after so long without objection: longer than a poll interval. */
  recover_ms: number
}

export const PRESENCE_TIMES: PresenceTimes = {
  challenge_ms: 10_000,
  look_ms: 1_000,
  reassert_ms: 5_000,
  again_ms: 60_000,
  recover_ms: 60_000,
}

/** Before the instance in the report of a challenge: whoever has the agent reports the bare instance. */
const CLAIM = 'claim:'

export type Claim =
  | { held: true; took_over: boolean }
  /** `position`: all events up to it are the other one's, which answered a later event. */
  | { held: false; other: AgentClient; position: string }

export interface PresencePorts {
  server: Pick<AgentServer, 'me' | 'reportClient' | 'position'>
  /** Of this state file. */
  instance: string
  clock: Clock
  random: () => number
  times: PresenceTimes
  /** The report as it is now, without the instance. */
  report(): ClientReport
  /** Another bridge has the agent and keeps it. */
  onYield(other: AgentClient): void
  warn(message: string): void
  failed(stage: string, error: unknown): void
}

/**
 * Mutual exclusion of bridges with the same key, through the client report at the server. A challenge is a report that the
 * active bridge sees on its stream and answers by a report of its own; without an answer in time the newcomer has the agent.
 * Of two that both believe to have it, the one with the larger instance yields.
 */
export class Presence {
  readonly #ports: PresencePorts
  readonly #signal: AbortSignal
  readonly #reporter: ClientReporter
  #holds = false
  #looking = false
  #again = false
  #asserted_at = Number.NEGATIVE_INFINITY

  constructor(ports: PresencePorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
    const { server, clock, random, warn, failed } = ports
    // A refused key ends the agent by its other calls.
    this.#reporter = new ClientReporter(
      { server, clock, random, warn, failed, onKeyRefused: () => undefined },
      signal,
    )
  }

  /** Reports what changed; nothing while another bridge may have the agent. */
  tell(): void {
    if (this.#holds) this.#reporter.report({ ...this.#ports.report(), instance: this.#ports.instance })
  }

  /** Takes the agent: at once, unless another instance reported last. Rejects with `KeyRefused` and when the signal aborts. */
  async claim(me: User): Promise<Claim> {
    const last = me.client?.instance
    const free = last === undefined || last === this.#ports.instance
    const refused = free ? undefined : await this.#challenge()
    if (refused) return { held: false, ...refused }
    this.#holds = true
    this.tell()
    return { held: true, took_over: !free }
  }

  /** The report of the member changed: its client as an event tells it. */
  look(client: AgentClient | undefined): void {
    if (!this.#isOwn(client)) this.lookAnew()
  }

  /** As `look`, when the report may have changed unseen. */
  lookAnew(): void {
    this.#again = true
    if (!this.#holds || this.#looking) return
    this.#looking = true
    this.#settle()
      .catch((error: unknown) => {
        if (!(this.#signal.aborted || error instanceof KeyRefused))
          this.#ports.failed('look for another bridge', error)
      })
      .finally(() => {
        this.#looking = false
      })
  }

  async #challenge(): Promise<{ other: AgentClient; position: string } | undefined> {
    const { server, clock, times, instance } = this.#ports
    const claim = `${CLAIM}${instance}`
    const position = await this.#ask(() => server.position())
    await this.#ask(() => server.reportClient({ ...this.#ports.report(), instance: claim }))
    for (let left_ms = times.challenge_ms; left_ms > 0; left_ms -= times.look_ms) {
      await pause(clock, Math.min(left_ms, times.look_ms), this.#signal)
      const { client } = await this.#ask(() => server.me())
      if (client?.instance !== undefined && client.instance !== claim) return { other: client, position }
    }
    return undefined
  }

  async #settle(): Promise<void> {
    while (this.#again && this.#holds) {
      this.#again = false
      await this.#answer()
    }
  }

  /** An event may be old: what the server has now counts. */
  async #answer(): Promise<void> {
    const { server, clock, times, instance, onYield } = this.#ports
    const wait_ms = this.#asserted_at + times.reassert_ms - clock.now()
    if (wait_ms > 0) await pause(clock, wait_ms, this.#signal)
    this.#signal.throwIfAborted()
    const { client } = await this.#ask(() => server.me())
    if (!client || this.#isOwn(client)) return
    const holder = client.instance?.startsWith(CLAIM) ? undefined : client.instance
    if (holder !== undefined && instance > holder) {
      this.#holds = false
      return onYield(client)
    }
    this.#asserted_at = clock.now()
    this.#reporter.repeat({ ...this.#ports.report(), instance })
  }

  #isOwn(client: AgentClient | undefined): boolean {
    return client?.instance === undefined || client.instance === this.#ports.instance
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    return await patiently(this.#ports, this.#signal, ask)
  }
}
