import { cpuFigures, withCpu } from '../load/cpu.ts'
import { requests } from '../load/http.ts'
import { singleRowInserts } from '../reference/inserts.ts'
import type { Row, Rows } from '../row.ts'

const taskCreate: Row = {
  name: 'task create by REST, one org, 32 clients',
  unit: 'requests/s',
  judge: [{ reference: 'single-row inserts', floor: 0.1, goal: 0.25 }],
  async run(product, seconds) {
    const { body: project } = await product.admin.in<{ id: string }>('POST', '/projects', {
      name: `Create ${Date.now()}`,
      type: 'software',
      description: 'The project of the created tasks.',
    })
    const { rate, p99_ms, cpu } = await requests(product, '/tasks', seconds, {
      title: 'Resume uploads after an app kill',
      description: 'Entries of the last session must be uploaded after a restart.',
      project_ids: [project.id],
    })
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

export const create: Rows = { create: taskCreate }
