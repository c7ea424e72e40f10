import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ERROR_STATUS } from '../../../src/contracts/errors.ts'
import { ACTIONS } from '../../../src/domain/access.ts'
import { type Contract, contractOf } from '../../support/contract.ts'
import { codesOf, type Described, operationsOf } from '../../support/operations.ts'
import { startServer, type TestServer } from '../../support/server.ts'
import type { CallerName } from '../authorization/callers.ts'
import { EXPECTED } from '../authorization/expected.ts'

let server: TestServer
let contract: Contract
let operations: Described[]

beforeAll(async () => {
  server = await startServer()
  contract = await contractOf(server.url)
  operations = operationsOf(contract.document)
})
afterAll(() => server?.stop())

/** Names of the operations with which something is wrong. */
const those = (wrong: (described: Described) => boolean) => operations.filter(wrong).map(({ name }) => name)
const statuses = (status: number, codes: readonly string[]) => (described: Described) => {
  const listed = codesOf(described.operation, status)
  return !codes.every((code) => listed.includes(code))
}
const in_org = ({ path }: Described) => path.startsWith('/api/v1/orgs/{org_slug}')
const writes = ({ method }: Described) => method !== 'GET'
const permission = ({ operation }: Described) =>
  /Permission: (.*)$/s.exec(operation.description ?? '')?.[1] ?? ''

describe('every operation of the API document', () => {
  test('has a name of its own', () => {
    const names = operations.map(({ operation }) => operation.operationId)
    expect(names.filter((name) => !/^[a-z][A-Za-z]+$/.test(name))).toEqual([])
    expect(new Set(names).size).toBe(operations.length)
    expect(operations.length).toBeGreaterThan(50)
  })

  test('has a summary, and a description that says more than who may', () => {
    expect(those(({ operation }) => !/^\S.{3,80}[^.]$/.test(operation.summary ?? ''))).toEqual([])
    const prose = ({ operation }: Described) => (operation.description ?? '').split('Permission:')[0] ?? ''
    expect(those((described) => prose(described).trim().length < 20)).toEqual([])
  })

  test('describes each name in its path', () => {
    const undescribed = ({ path, operation }: Described) =>
      [...path.matchAll(/\{(\w+)\}/g)].some(([, name]) => {
        const parameter = operation.parameters?.find((one) => one.name === name && one.in === 'path')
        return !parameter?.required || !('description' in parameter)
      })
    expect(those(undescribed)).toEqual([])
  })

  test('has examples that its schemas allow', () => {
    const problems = operations.flatMap(({ name, operation }) => {
      const request = Object.values(operation.requestBody?.content ?? {}).map((media) => ({
        of: 'body',
        media,
      }))
      const answers = Object.entries(operation.responses).flatMap(([status, { content }]) =>
        Object.entries(content ?? {})
          .filter(([type]) => type === 'application/json' && Number(status) < 300)
          .map(([, media]) => ({ of: status, media })),
      )
      return [...request, ...answers].flatMap(({ of, media }) => {
        const found =
          media.example === undefined ? ['has no example'] : contract.problems(media.schema, media.example)
        return found.map((problem) => `${name}, ${of}: ${problem}`)
      })
    })
    expect(problems).toEqual([])
  })

  test('shows the shape of its good answer', () => {
    const good = ({ operation }: Described) => Object.keys(operation.responses).filter((s) => Number(s) < 400)
    expect(those((described) => good(described).length === 0)).toEqual([])
    const shapeless = ({ operation }: Described) =>
      ['200', '201'].some((status) => operation.responses[status] && !operation.responses[status].content)
    expect(those(shapeless)).toEqual([])
  })

  test('lists its refusals under their status, in the one shape', () => {
    const wrong = operations.flatMap(({ name, operation }) =>
      Object.entries(operation.responses)
        .filter(([status]) => Number(status) >= 400)
        .flatMap(([status, { content }]) => {
          const codes = codesOf(operation, status)
          const misplaced = codes.filter(
            (code) => ERROR_STATUS[code as keyof typeof ERROR_STATUS] !== Number(status),
          )
          const shape = JSON.stringify(content?.['application/json']?.schema)
          const shaped = shape === '{"$ref":"#/components/schemas/Error"}'
          return codes.length > 0 && misplaced.length === 0 && shaped ? [] : [`${name} ${status}`]
        }),
    )
    expect(wrong).toEqual([])
  })
})

describe('the refusals that an operation lists', () => {
  test('are at least what every request may get', () => {
    expect(those(statuses(429, ['RATE_LIMITED']))).toEqual([])
    expect(those(statuses(500, ['INTERNAL']))).toEqual([])
    expect(those(statuses(503, ['UNAVAILABLE']))).toEqual([])
  })

  test('have those of the body, where there is one', () => {
    const wrong = (described: Described) =>
      writes(described) &&
      (statuses(400, ['INVALID_JSON', 'VALIDATION_FAILED'])(described) ||
        statuses(413, ['PAYLOAD_TOO_LARGE'])(described) ||
        statuses(415, ['UNSUPPORTED_MEDIA_TYPE'])(described))
    expect(those(wrong)).toEqual([])
  })

  test('have those of the query, where there is one', () => {
    const queried = ({ operation }: Described) => operation.parameters?.some((one) => one.in === 'query')
    expect(
      those((described) => !!queried(described) && statuses(400, ['VALIDATION_FAILED'])(described)),
    ).toEqual([])
  })

  test('have those of credentials, of the org and of the id in the path', () => {
    const closed = (described: Described) => !permission(described).startsWith('anybody.')
    const credentials = statuses(401, ['UNAUTHENTICATED', 'INVALID_API_KEY', 'SESSION_EXPIRED'])
    expect(those((described) => closed(described) && credentials(described))).toEqual([])
    expect(those((described) => in_org(described) && statuses(404, ['ORG_NOT_FOUND'])(described))).toEqual([])
    const id = /\{(id|\w+_id)\}/
    expect(those((described) => id.test(described.path) && statuses(400, ['INVALID_ID'])(described))).toEqual(
      [],
    )
  })

  test('have every refusal of the table of rights', () => {
    const missing = EXPECTED.flatMap(({ operation: name, cells }) => {
      const described = operations.find((one) => one.name === name)
      return Object.values(cells).flatMap((cell) => {
        const [status = '', code] = cell.split(' ')
        if (!described || code === undefined) return []
        return codesOf(described.operation, status).includes(code) ? [] : [`${name}: ${cell}`]
      })
    })
    expect(missing).toEqual([])
  })
})

describe('the permission that an operation names', () => {
  test('is one of the table of actions below an org', () => {
    const action = (described: Described) => /^`([\w.]+)` — /.exec(permission(described))?.[1] ?? ''
    expect(those((described) => in_org(described) && !(action(described) in ACTIONS))).toEqual([])
    expect(those((described) => !in_org(described) && !permission(described).startsWith('anybody'))).toEqual(
      [],
    )
  })

  test.each([
    ['contributor', ['assigned', 'agent_assigned']],
    ['sub-agent', ['sub_agent']],
  ] satisfies [string, CallerName[]][])(
    'names the %s when the table lets it, and only then',
    (word, callers) => {
      const wrong = operations.filter(in_org).filter((described) => {
        const rows = EXPECTED.filter((row) => row.operation === described.name)
        const may = rows.some(({ cells }) =>
          callers.some((caller) => Number(cells[caller].split(' ')[0]) < 400),
        )
        return may !== permission(described).includes(word)
      })
      expect(wrong.map((described) => `${described.name}: ${permission(described)}`)).toEqual([])
    },
  )
})
