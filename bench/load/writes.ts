import type { Product } from '../product.ts'
import { singleRowInserts } from '../reference/inserts.ts'
import type { Figures } from '../row.ts'
import { type CpuTimes, cpuFigures, withCpu } from './cpu.ts'

/** Figures of a row of writes beside its reference, the single-row inserts of 32 clients, measured now. */
export async function besideInserts(
  product: Product,
  seconds: number,
  { rate, p99_ms, cpu }: { rate: number; p99_ms: number; cpu: CpuTimes },
): Promise<Figures> {
  const inserts = await withCpu(
    product,
    () => singleRowInserts(product.database, 32, seconds),
    (per_second) => per_second * seconds,
  )
  return {
    product: rate,
    'single-row inserts': inserts.result,
    'p99 ms': p99_ms,
    ...cpuFigures('a request', cpu),
    ...cpuFigures('an insert', inserts.cpu),
  }
}
