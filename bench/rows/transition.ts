import { cpuFigures, withCpu } from '../load/cpu.ts'
import { transitions } from '../load/transitions.ts'
import { singleRowInserts } from '../reference/inserts.ts'
import type { Row, Rows } from '../row.ts'

const taskTransition: Row = {
  name: 'task transition by REST, one org, 32 clients',
  unit: 'requests/s',
  judge: [{ reference: 'single-row inserts', floor: 0.1, goal: 0.25 }],
  async run(product, seconds) {
    const { rate, p99_ms, cpu } = await transitions(product, seconds)
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
  },
}

export const transition: Rows = { transition: taskTransition }
