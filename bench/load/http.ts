import autocannon from 'autocannon'
import type { Product } from '../product.ts'
import { type CpuTimes, withCpu } from './cpu.ts'

export const CONNECTIONS = 32
/** A server that runs for days has its code compiled. */
export const WARM_UP_SECONDS = 2

/** Seconds that a request may take before autocannon counts an error: slowness is a result, not a failure. */
export const TIMEOUT_SECONDS = 120

/** Answered requests per second, their latency and CPU time, of 32 clients of the bench's agent. */
export async function requests(
  product: Product,
  path: string,
  seconds: number,
  body?: unknown,
): Promise<{ rate: number; p99_ms: number; cpu: CpuTimes }> {
  const { admin, agent } = product
  const options = {
    url: `${admin.url}/api/v1/orgs/${admin.org}${path}`,
    connections: CONNECTIONS,
    timeout: TIMEOUT_SECONDS,
    ...(body === undefined
      ? { headers: agent.headers }
      : {
          method: 'POST' as const,
          headers: { ...agent.headers, 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
  }
  await autocannon({ ...options, duration: WARM_UP_SECONDS })
  const { result, cpu } = await withCpu(
    product,
    () => autocannon({ ...options, duration: seconds }),
    (done) => done['2xx'],
  )
  if (result.non2xx > 0)
    throw new Error(`${result.non2xx} refused: ${JSON.stringify(result.statusCodeStats)}`)
  return { rate: result.requests.average, p99_ms: result.latency.p99, cpu }
}
