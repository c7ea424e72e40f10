import type { ClientReport } from '../../../src/contracts/requests.ts'
import { type Clock, pause } from '../clock.ts'
import { backOffMs } from '../server/back-off.ts'
import { type AgentServer, KeyRefused, ServerAway, ServerRefused } from '../server/port.ts'

export interface ReporterPorts {
  server: Pick<AgentServer, 'reportClient'>
  clock: Clock
  random: () => number
  onKeyRefused(error: KeyRefused): void
  warn(message: string): void
  failed(stage: string, error: unknown): void
}

/** Tells the server about this client when that changes. Only the newest report waits; it is retried until it gets through. */
export class ClientReporter {
  readonly #ports: ReporterPorts
  readonly #signal: AbortSignal
  #wanted: ClientReport | undefined
  #said = ''
  #running = false
  /** An older server takes no report, or none with an instance. */
  #undetected = false

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

  /** Reports even what was said before: somebody else has reported since. */
  repeat(report: ClientReport): void {
    this.#said = ''
    this.report(report)
  }

  async #run(): Promise<void> {
    const { clock, random, onKeyRefused } = this.#ports
    for (let failures = 0; this.#wanted && !this.#signal.aborted; ) {
      const report = this.#wanted
      const text = JSON.stringify(report)
      if (text === this.#said) return
      try {
        this.#said = text
        await this.#send(report)
        failures = 0
      } catch (error) {
        if (error instanceof KeyRefused) return onKeyRefused(error)
        // A server that does not take this report takes no better one: the next change tries again.
        if (!(error instanceof ServerAway)) throw error
        this.#said = ''
        await pause(clock, Math.max(error.retry_after_ms, backOffMs(++failures, random)), this.#signal)
      }
    }
  }

  async #send({ instance, ...plain }: ClientReport): Promise<void> {
    const { server } = this.#ports
    if (instance === undefined || this.#undetected) return void (await server.reportClient(plain))
    try {
      if (!(await server.reportClient({ ...plain, instance }))) this.#warn()
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error
      await server.reportClient(plain)
      this.#warn()
    }
  }

  #warn(): void {
    if (this.#undetected) return
    this.#undetected = true
    this.#ports.warn('This server is too old to tell when another bridge has the same agent. Update it.')
  }
}
