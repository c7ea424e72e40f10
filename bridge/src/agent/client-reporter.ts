import type { ClientReport } from '../../../src/contracts/requests.ts'
import { type Clock, pause } from '../clock.ts'
import { backOffMs } from '../server/back-off.ts'
import { type AgentServer, KeyRefused, ServerAway, ServerRefused } from '../server/port.ts'

export interface ReporterPorts {
  server: Pick<AgentServer, 'reportClient'>
  clock: Clock
  random: () => number
  onKeyRefused(error: KeyRefused): void
  failed(stage: string, error: unknown): void
}

/** Tells the server about this client when that changes. Only the newest report waits; it is retried until it gets through. */
export class ClientReporter {
  readonly #ports: ReporterPorts
  readonly #signal: AbortSignal
  #wanted: ClientReport | undefined
  #said = ''
  #running = false

  constructor(ports: ReporterPorts, signal: AbortSignal) {
    this.#ports = ports
    this.#signal = signal
  }

  report(report: ClientReport): void {
    this.#wanted = report
    if (this.#running) return
    this.#running = true
    this.#run()
      .catch((error: unknown) => this.#ports.failed('report the client', error))
      .finally(() => {
        this.#running = false
      })
  }

  async #run(): Promise<void> {
    const { server, clock, random, onKeyRefused } = this.#ports
    for (let failures = 0; this.#wanted && !this.#signal.aborted; ) {
      const report = this.#wanted
      const text = JSON.stringify(report)
      if (text === this.#said) return
      try {
        await server.reportClient(report)
        this.#said = text
        failures = 0
      } catch (error) {
        if (error instanceof KeyRefused) return onKeyRefused(error)
        // A server that does not take this report takes no better one: the next change tries again.
        if (error instanceof ServerRefused) this.#said = text
        if (!(error instanceof ServerAway)) throw error
        await pause(clock, Math.max(error.retry_after_ms, backOffMs(++failures, random)), this.#signal)
      }
    }
  }
}
