/** A real proxy with TLS before servers of this machine, with the product's own configuration of it. */
export interface TestProxy {
  port: number
  /** Where it leads plain requests to TLS. */
  http_port: number
  /** `https://localhost:…`: the address that people open. */
  url: string
  /** File with the certificate of the authority that signed its own. */
  authority: string
  /** Everything it logged. */
  log(): string
  stop(): Promise<void>
}

export interface ProxyOptions {
  /** Ports of servers on this machine. */
  upstreams: readonly number[]
  /** Where it listens. */
  port: number
  /** What stands in its site in place of the product's own configuration. */
  site?: string
  /** Path that answers 200 once the servers behind are reached. */
  ready?: string
}

const STARTED_MS = 60_000

/** The proxy once it leads to its servers; one that does not is stopped. */
export async function started(proxy: TestProxy, child: Bun.Subprocess, path = '/ready'): Promise<TestProxy> {
  const give_up_at = Date.now() + STARTED_MS
  for (;;) {
    // Its authority is unknown to this process; a test of its own checks the certificate.
    const answer = await fetch(proxy.url + path, { tls: { rejectUnauthorized: false } }).catch(
      () => undefined,
    )
    if (answer?.status === 200) return proxy
    if (child.exitCode !== null || Date.now() > give_up_at) {
      const log = proxy.log()
      await proxy.stop()
      throw new Error(`The proxy did not start:\n${log}`)
    }
    await Bun.sleep(50)
  }
}
