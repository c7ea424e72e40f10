import autocannon from 'autocannon'
import type { Product } from '../product.ts'
import { type CpuTimes, withCpu } from './cpu.ts'
import { CONNECTIONS, TIMEOUT_SECONDS, WARM_UP_SECONDS } from './http.ts'

/** Transitions per second of 32 clients, each of which moves a task of its own to and fro. */
export async function transitions(
  product: Product,
  seconds: number,
): Promise<{ rate: number; p99_ms: number; cpu: CpuTimes }> {
  const { admin, agent } = product
  const paths: string[] = []
  for (let i = 0; i < CONNECTIONS; i++) {
    const { body } = await admin.in<{ id: string }>('POST', '/tasks', { title: `To be moved ${i}` })
    paths.push(`/api/v1/orgs/${admin.org}/tasks/${body.id}/transition`)
  }
  const headers = { ...agent.headers, 'content-type': 'application/json' }
  const move = (path: string, to_status: string) => ({
    method: 'POST' as const,
    path,
    headers,
    body: JSON.stringify({ to_status }),
  })
  const load = async (duration: number) => {
    let client = 0
    return await autocannon({
      url: admin.url,
      connections: CONNECTIONS,
      timeout: TIMEOUT_SECONDS,
      duration,
      setupClient: (connection) => {
        const path = paths[client++ % CONNECTIONS] ?? ''
        connection.setRequests([move(path, 'in-progress'), move(path, 'in-review')])
      },
    })
  }
  await load(WARM_UP_SECONDS)
  const { result, cpu } = await withCpu(
    product,
    () => load(seconds),
    (done) => done['2xx'],
  )
  // The first request of a client may repeat the last one of the warm-up: such a move is refused.
  if (result.non2xx > CONNECTIONS)
    throw new Error(`${result.non2xx} refused: ${JSON.stringify(result.statusCodeStats)}`)
  return { rate: result['2xx'] / result.duration, p99_ms: result.latency.p99, cpu }
}
