import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Message, Project, Task } from '../../../src/contracts/resources.ts'
import { contractOf } from '../../support/contract.ts'
import { operationsOf } from '../../support/operations.ts'
import { problemsOf, type RawAnswer, sendRaw, shapeProblem } from '../../support/raw.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { makeSmallOrg, pathOf, type SmallOrg } from '../../support/small-org.ts'
import { type Field, fieldsOf } from './bodies.ts'
import { queryValues, valuesOf } from './values.ts'

let server: TestServer
let org: SmallOrg
let fields: Field[]

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  org = await makeSmallOrg(server)
  const { document } = await contractOf(server.url)
  fields = fieldsOf(document, operationsOf(document))
})
afterAll(() => server?.stop())

const in_query = (field: Field) => field.name.includes(' ?')

/** Sends a good request but for this value, as the administrator. */
async function sendWith(field: Field, value: unknown): Promise<RawAnswer> {
  const { query, body } = field.place(value)
  const { method, path } = field.described
  return await sendRaw(server.url + pathOf(path, org.params) + (query ? `?${query}` : ''), {
    method,
    headers: {
      Cookie: org.admin.cookieHeader,
      'X-CSRF-Token': org.admin.cookies.get('mc_csrf') ?? '',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

describe('every field of the API document', () => {
  test('has a bound if it is a text, a number or a list', () => {
    const unbounded = fields.filter(({ schema }) => {
      if (schema.const !== undefined || schema.enum || schema.format === 'uuid') return false
      if (schema.type === 'string') return schema.maxLength === undefined
      if (schema.type === 'integer' || schema.type === 'number')
        return schema.minimum === undefined || schema.maximum === undefined
      return schema.type === 'array' && schema.maxItems === undefined
    })
    expect(unbounded.map(({ name }) => name)).toEqual([])
    expect(fields.length).toBeGreaterThan(100)
  })

  test('takes a value at its bounds, and refuses one beyond them by its name', async () => {
    const wrong: string[] = []
    let sent = 0
    for (const field of fields) {
      const { within, beyond } = in_query(field) ? queryValues(field) : valuesOf(field)
      const refusals = new Set<string>()
      for (const [what, value] of beyond) {
        const answer = await sendWith(field, value)
        sent++
        const problems = problemsOf(answer)
        const named = problems.filter(({ path }) => `${path}/`.startsWith(`${field.pointer}/`))
        for (const { message } of named) refusals.add(message)
        const problem = shapeProblem(answer)
        if (problem) wrong.push(`${field.name}, ${what}: ${problem}`)
        else if (named.length === 0)
          wrong.push(`${field.name}, ${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
      }
      for (const [what, value] of within) {
        const answer = await sendWith(field, value)
        sent++
        const problem = shapeProblem(answer)
        if (problem) wrong.push(`${field.name}, ${what}: ${problem}`)
        // What the value means may be refused, not its form.
        const refused = problemsOf(answer).filter(
          ({ path, message }) => path === field.pointer && refusals.has(message),
        )
        if (refused.length > 0) wrong.push(`${field.name}, ${what}: ${answer.text.slice(0, 200)}`)
      }
    }
    expect(wrong).toEqual([])
    expect(sent).toBeGreaterThan(1_000)
  })
})

describe('what is stored at the bound comes back as it was', () => {
  const long = (count: number) => '😀e\u0301漢x'.repeat(count).slice(0, count)
  /** As many characters (code points) as this. */
  const text = (count: number) => [...long(count * 2)].slice(0, count).join('')

  test('of a task, a project and a message', async () => {
    const title = text(500)
    const description = text(50_000)
    const task = await org.admin.in<Task>('POST', '/tasks', { title, description })
    expect([task.status, task.body.title, task.body.description]).toEqual([201, title, description])
    const name = text(200)
    const project = await org.admin.in<Project>('POST', '/projects', { name, type: 'docs', description })
    // A name is stored in NFC.
    const stored = name.normalize('NFC')
    expect([project.status, project.body.name, project.body.description]).toEqual([201, stored, description])
    const content = text(10_000)
    const channel = `/channels/${org.params.channel_id}/messages`
    const message = await org.agent.in<Message>('POST', channel, { content, client_id: text(128) })
    expect([message.status, message.body.content]).toEqual([201, content])
    const read = await org.agent.in<{ data: Message[] }>('GET', `${channel}?limit=1`)
    expect(read.body.data[0]).toMatchObject({ content, client_id: text(128) })
  })
})
