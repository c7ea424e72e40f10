import { transitions } from '../load/transitions.ts'
import { besideInserts } from '../load/writes.ts'
import type { Row, Rows } from '../row.ts'

const taskTransition: Row = {
  name: 'task transition by REST, one org, 32 clients',
  unit: 'requests/s',
  judge: [{ reference: 'single-row inserts', floor: 0.1, goal: 0.25 }],
  async run(product, seconds) {
    const measured = await transitions(product, seconds)
    return await besideInserts(product, seconds, measured)
  },
}

export const transition: Rows = { transition: taskTransition }
