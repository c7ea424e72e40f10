import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Org } from '../../../src/contracts/resources.ts'
import { contractOf } from '../../support/contract.ts'
import { type Described, operationsOf } from '../../support/operations.ts'
import { problemsOf, type RawAnswer, type RawRequest, sendRaw, shapeProblem } from '../../support/raw.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import { makeSmallOrg, pathOf, type SmallOrg } from '../../support/small-org.ts'
import type { Schema } from './bodies.ts'
import { hostileBodies } from './hostile.ts'

let server: TestServer
let org: SmallOrg
let operations: Described[]

beforeAll(async () => {
  server = await startServer({ env: { DEPLOYMENT_MODE: 'multi-tenant' } })
  org = await makeSmallOrg(server)
  operations = operationsOf((await contractOf(server.url)).document)
})
afterAll(() => server?.stop())

/** Ids that nothing has: what is sent by mistake must not hit anything. */
function nowhere(): Record<string, string> {
  const ids = Object.keys(org.params).filter((name) => /(^id|_id)$/.test(name))
  return { ...org.params, ...Object.fromEntries(ids.map((name) => [name, crypto.randomUUID()])) }
}

const credentials = (): Record<string, string> => ({
  Cookie: org.admin.cookieHeader,
  'X-CSRF-Token': org.admin.cookies.get('mc_csrf') ?? '',
})

/** As the administrator, to nobody's id. */
async function ask(
  { method, path }: Described,
  request: Partial<RawRequest>,
  query = '',
): Promise<RawAnswer> {
  const headers = { ...credentials(), ...request.headers }
  return await sendRaw(server.url + pathOf(path, nowhere()) + query, { method, ...request, headers })
}

/** Of a refusal. */
const codeOf = ({ status, text }: RawAnswer): string =>
  status < 400 ? 'a good answer' : (JSON.parse(text) as { error: { code: string } }).error.code

/** A field of the operation's body. */
function fieldOf({ operation }: Described): string | undefined {
  const schema = operation.requestBody?.content['application/json']?.schema as Schema | undefined
  return Object.keys((schema?.anyOf?.[0] ?? schema)?.properties ?? {})[0]
}

/** Whether the operation takes a list, and none of its fields at the top. */
function takesList({ operation }: Described): boolean {
  const schema = operation.requestBody?.content['application/json']?.schema as Schema | undefined
  return schema?.type === 'array'
}

/** Whether the operation takes bodies of the type that `what` names. */
function takesType({ operation }: Described, what: string): boolean {
  const type = what.match(/^the type ([\w/+.-]+)/)?.[1] ?? ''
  return Object.hasOwn(operation.requestBody?.content ?? {}, type)
}

describe('a body that is nonsense', () => {
  test('is refused in the one shape by every operation that writes', async () => {
    const wrong: string[] = []
    for (const described of operations.filter(({ method }) => method !== 'GET')) {
      const field = fieldOf(described)
      for (const { what, code, ...request } of hostileBodies(field ?? 'name')) {
        if (what === 'a list' && takesList(described)) continue
        if (takesType(described, what)) continue
        const answer = await ask(described, request)
        const problem =
          shapeProblem(answer) ?? (codeOf(answer) === code ? undefined : `it is ${codeOf(answer)}`)
        if (problem) wrong.push(`${described.name}, ${what}: ${problem}`)
      }
    }
    expect(wrong).toEqual([])
    expect((await sendRaw(`${server.url}/ready`, { method: 'GET' })).status).toBe(200)
  })

  test('does not say back what it held', async () => {
    const secret = 'a secret that somebody typed into the wrong field'
    for (const described of operations.filter((one) => fieldOf(one) !== undefined)) {
      const body = JSON.stringify({ [fieldOf(described)!]: { [secret]: secret }, other: secret })
      const answer = await ask(described, { body, headers: { 'Content-Type': 'application/json' } })
      expect(answer.status).toBe(400)
      expect(answer.text.replaceAll(`/${secret}`, '')).not.toContain(secret)
    }
  })
})

describe('what JSON allows and objects do not like', () => {
  const patch = (body: string) =>
    ask(operations.find(({ operation }) => operation.operationId === 'patchOrg')!, {
      body,
      headers: { 'Content-Type': 'application/json' },
    })

  test.each([
    ['a prototype among the settings', '{"settings": {"__proto__": {"retention": {"message_months": 1}}}}'],
    ['a prototype in a setting', '{"settings": {"retention": {"__proto__": {"message_months": 1}}}}'],
    ['a constructor among the settings', '{"settings": {"constructor": {"name": "x"}}}'],
    ['an unknown setting', '{"settings": {"no_such_setting": true}}'],
    ['an unknown setting deep down', '{"settings": {"retention": {"days": 3}}}'],
  ])('%s is no field', async (_, body) => {
    const before = await org.admin.in<Org>('GET', '')
    const answer = await patch(body)
    expect(problemsOf(answer).map(({ message }) => message)).toEqual(['There is no such field.'])
    expect((await org.admin.in<Org>('GET', '')).body).toEqual(before.body)
  })

  test('of a name that comes twice the last counts', async () => {
    expect((await patch('{"name": 7, "name": "Twice"}')).status).toBe(200)
    expect((await org.admin.in<Org>('GET', '')).body.name).toBe('Twice')
  })

  test('a byte order mark is no part of the text', async () => {
    const answer = await patch('\ufeff{"name": "Marked"}')
    expect([200, 400]).toContain(answer.status)
    expect(shapeProblem(answer)).toBeUndefined()
  })
})

describe('queries and paths that are nonsense', () => {
  const QUERIES = [
    '?page=0',
    '?page=1e9',
    '?page=1&page=2',
    '?per_page=99999999999999999999',
    '?limit=-1',
    '?limit=0x10',
    '?q=%00',
    '?q=%ff%fe',
    '?q=%ud83d',
    '?cursor=%00',
    '?__proto__=1&constructor=2',
    '?=&&&=',
    `?q=${'%f0%9f%98%80'.repeat(200)}`,
    `?${'a&'.repeat(2_000)}`,
    '?from=0000-00-00T00:00:00Z',
    '?from=%2B275760-09-13T00:00:00.001Z',
    '?from=-271821-04-19T00:00:00Z&to=%2B275760-09-13T00:00:00Z',
    '?after=log.9999999999999999',
    '?before=9007199254740991&after=1',
    '?type=*&type=.*&type=task.%25',
  ]

  test('never fail, and keep the one shape', async () => {
    const wrong: string[] = []
    for (const described of operations.filter(({ method }) => method === 'GET'))
      for (const query of QUERIES) {
        const { path } = described
        const answer = await sendRaw(server.url + pathOf(path, org.params) + query, {
          method: 'GET',
          headers: credentials(),
        })
        const problem = shapeProblem(answer)
        if (problem) wrong.push(`${described.name} ${query.slice(0, 60)}: ${problem}`)
      }
    expect(wrong).toEqual([])
  })

  test.each(['not-an-id', '0', '%00', 'null', '😀', '%ff', '%', 'A'.repeat(2_000)])(
    'a path with %p for an id',
    async (id: string) => {
      const wrong: string[] = []
      for (const { name, method, path } of operations.filter(({ path: one }) => one.includes('_id}'))) {
        const url = server.url + path.replace('{org_slug}', org.admin.org).replace(/\{\w+\}/g, id)
        const answer = await sendRaw(url, { method, headers: credentials() })
        const problem = shapeProblem(answer)
        if (problem) wrong.push(`${name}: ${problem}`)
        else if (answer.status < 400) wrong.push(`${name}: ${answer.status}`)
      }
      expect(wrong).toEqual([])
    },
  )

  test('a path that is none, and a method that it does not have, are not found', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/nowhere'],
      ['GET', '/api'],
      ['POST', '/api/v1/orgs/fieldnote/nowhere'],
      ['PATCH', '/api/v1/orgs'],
      ['PUT', '/auth/me'],
      ['DELETE', '/health'],
      ['GET', '/auth/../auth/nowhere'],
      ['GET', '/api/v1/orgs/%'],
    ] as const) {
      const answer = await sendRaw(server.url + path, { method, headers: credentials() })
      expect([path, shapeProblem(answer), answer.status]).toEqual([path, undefined, 404])
    }
  })
})
