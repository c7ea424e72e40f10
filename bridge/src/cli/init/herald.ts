import type { ClientReport } from '../../../../src/contracts/requests.ts'
import type { User } from '../../../../src/contracts/resources.ts'
import type { AgentClient } from '../../server/agent-client.ts'
import { BRIDGE_VERSION } from '../../version.ts'

/** A stream opens in milliseconds; without its place the bridge begins at its first run. */
const PLACE_MS = 5_000

/**
 * Shows the app how far `init` is: the page that connects an agent follows it. Best effort, because nothing here depends
 * on it.
 */
export class Herald {
  readonly #client: AgentClient
  readonly #reports: boolean
  readonly #over = new AbortController()
  #last: Promise<void> = Promise.resolve()
  readonly #opened = Promise.withResolvers<string | null>()

  /** `me` as the server has it now: the report of a bridge that has the agent, or had it, is left alone. */
  constructor(client: AgentClient, me: Pick<User, 'client'>) {
    this.#client = client
    this.#reports = me.client?.instance === undefined
    void this.#stayConnected()
  }

  report(now: Pick<ClientReport, 'wake' | 'state' | 'detail' | 'gateway'>): void {
    if (!this.#reports) return
    const report: ClientReport = { name: 'mc-bridge', version: BRIDGE_VERSION, ...now }
    this.#last = this.#last
      .then(async () => void (await this.#client.reportClient(report)))
      // The page does not move on; init does.
      .catch(() => undefined)
  }

  /** The place in the event stream where it was opened; null when it does not open within five seconds. */
  async place(): Promise<string | null> {
    const timer = setTimeout(() => this.#opened.resolve(null), PLACE_MS)
    return await this.#opened.promise.finally(() => clearTimeout(timer))
  }

  /** Resolves when the last report was taken. */
  async close(): Promise<void> {
    await this.#last
    this.#over.abort()
    this.#client.close()
  }

  /**
   * An open stream is what makes the server say that the agent is here. Its events are left to the bridge, which begins at
   * the same place.
   */
  async #stayConnected(): Promise<void> {
    try {
      for await (const incoming of this.#client.events(null, this.#over.signal))
        if (incoming.kind === 'opened') this.#opened.resolve(incoming.cursor)
    } catch {
      // The key was revoked meanwhile: the next step tells.
    }
    this.#opened.resolve(null)
  }
}
