import postgres from 'postgres'
import type { OneReader } from '../../src/db/client.ts'
import { messagesBefore } from '../../src/db/queries/messages.ts'
import { listTasks } from '../../src/db/queries/tasks.ts'
import { types } from '../../src/db/types.ts'
import { generalChannel } from '../../tests/support/client.ts'
import { closedLoop } from '../load/closed-loop.ts'
import { cpuFigures, withCpu } from '../load/cpu.ts'
import { requests } from '../load/http.ts'
import type { Product } from '../product.ts'
import type { Row, Rows } from '../row.ts'

const REFERENCE = 'the same query through postgres.js'

/** Tasks as a team has them: assigned, in projects, some with evidence, some blocked. */
async function someTasks({ admin, agent }: Product): Promise<void> {
  const project = await admin.in<{ id: string }>('POST', '/projects', {
    name: `Bench ${Date.now()}`,
    type: 'software',
    description: 'The project of the measured tasks.',
  })
  await admin.in('PUT', `/projects/${project.body.id}/users/${agent.user.id}`)
  let before: string | undefined
  for (let i = 0; i < 60; i++) {
    const { body } = await admin.in<{ id: string }>('POST', '/tasks', {
      title: `Resume uploads after an app kill, part ${i}`,
      description: 'Entries of the last session must be uploaded after a restart. '.repeat(4),
      project_ids: [project.body.id],
      assignee_ids: i % 2 === 0 ? [agent.user.id] : [],
    })
    if (i % 5 === 0 && before) await admin.in('PUT', `/tasks/${body.id}/dependencies/${before}`)
    if (i % 4 === 0)
      await admin.in('POST', `/tasks/${body.id}/evidence`, {
        type: 'pr_link',
        url: 'https://git.example.com/app/pulls/412',
      })
    before = body.id
  }
}

const taskList: Row = {
  name: 'REST read: task list of 25, authorised, RLS',
  unit: 'requests/s',
  judge: [{ reference: REFERENCE, floor: 0.4, goal: 0.7 }],
  async run(product, seconds) {
    await someTasks(product)
    const { rate, cpu } = await requests(product, '/tasks?per_page=25', seconds)
    // The superuser needs no scope and meets no policy: the reference is the driver and the query alone.
    const sql = postgres({ ...product.database, ssl: false, max: 16, types, onnotice: () => undefined })
    const alone: OneReader = { readOne: async (org_id, build) => await build(sql, org_id) }
    const [org] = await sql<{ id: string }[]>`select id from organizations where slug = ${product.admin.org}`
    const page = { page: 1, per_page: 25 }
    const reference = await withCpu(
      product,
      () => closedLoop(32, seconds, () => listTasks(alone, org!.id, page)),
      (per_second) => per_second * seconds,
    )
    await sql.end()
    return {
      product: rate,
      [REFERENCE]: reference.result,
      ...cpuFigures('a request', cpu),
      ...cpuFigures('a query', reference.cpu),
    }
  },
}

const messageList: Row = {
  name: 'REST read: 25 messages of a channel, authorised, RLS',
  unit: 'requests/s',
  judge: [{ reference: REFERENCE }],
  async run(product, seconds) {
    const { admin, database } = product
    const channel_id = (await generalChannel(admin)).id
    for (let i = 0; i < 30; i++)
      await admin.in('POST', `/channels/${channel_id}/messages`, { content: 'x'.repeat(300) })
    const { rate } = await requests(product, `/channels/${channel_id}/messages?limit=25`, seconds)
    const sql = postgres({ ...database, ssl: false, max: 16, types, onnotice: () => undefined })
    const [org] = await sql<{ id: string }[]>`select id from organizations where slug = ${admin.org}`
    const last = Number.MAX_SAFE_INTEGER
    const reference = await closedLoop(32, seconds, () => messagesBefore(sql, org!.id, channel_id, last, 26))
    await sql.end()
    return { product: rate, [REFERENCE]: reference }
  },
}

export const reads: Rows = { tasks: taskList, messages: messageList }
