import autocannon from 'autocannon'
import type { Product } from '../product.ts'

export const CONNECTIONS = 32
/** A server that runs for days has its code compiled. */
export const WARM_UP_SECONDS = 2

/** Seconds that a request may take before autocannon counts an error: slowness is a result, not a failure. */
export const TIMEOUT_SECONDS = 120

/** Answered requests per second, and the latency, of 32 clients of the bench's agent. */
export async function requests(
  { admin, agent }: Product,
  path: string,
  seconds: number,
  body?: unknown,
): Promise<{ rate: number; p99_ms: number }> {
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
  const result = await autocannon({ ...options, duration: seconds })
  if (result.non2xx > 0)
    throw new Error(`${result.non2xx} refused: ${JSON.stringify(result.statusCodeStats)}`)
  return { rate: result.requests.average, p99_ms: result.latency.p99 }
}
