import { requests } from '../load/http.ts'
import { besideInserts } from '../load/writes.ts'
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
    const measured = await requests(product, '/tasks', seconds, {
      title: 'Resume uploads after an app kill',
      description: 'Entries of the last session must be uploaded after a restart.',
      project_ids: [project.id],
    })
    return await besideInserts(product, seconds, measured)
  },
}

export const create: Rows = { create: taskCreate }
