import type { Product } from '../product.ts'

/**
 * Latencies of calls at a fixed rate in milliseconds, each sent at its time whether the one before was answered or not. Throws when
 * one is refused.
 */
export async function callsAtRate(
  per_second: number,
  seconds: number,
  make: (n: number) => { url: string; init: RequestInit },
): Promise<number[]> {
  const latencies: number[] = []
  const calls: Promise<void>[] = []
  const started_at = performance.now()
  for (let n = 0; n < seconds * per_second; n++) {
    const at = started_at + (n * 1000) / per_second
    const wait = at - performance.now()
    if (wait > 0) await Bun.sleep(wait)
    const { url, init } = make(n)
    calls.push(
      fetch(url, init).then(async (answer) => {
        await answer.arrayBuffer()
        if (!answer.ok) throw new Error(`a call was answered ${answer.status}`)
        latencies.push(performance.now() - at)
      }),
    )
  }
  await Promise.all(calls)
  return latencies
}

/** The longest time that the event loop of the server did not turn, since the last call. */
export async function loopBlockedMs({ admin }: Product): Promise<number> {
  const text = await (await fetch(`${admin.url}/metrics`)).text()
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1000
}
