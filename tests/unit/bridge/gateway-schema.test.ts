import { describe, expect, test } from 'bun:test'
import { fileURLToPath } from 'node:url'
import Ajv, { type ValidateFunction } from 'ajv'
import { answered, connectAs, newKey } from '../../support/gateway-contract/connected.ts'
import { GATEWAY_RULES } from '../../support/gateway-contract.ts'
import { Gates } from '../../support/mock-gateway/gates.ts'
import { MockGateway } from '../../support/mock-gateway/gateway.ts'
import { askedOf } from '../../support/mock-gateway/turns.ts'

/** Definitions of the shipped schema, by what a frame carries. */
const PARAMS: Readonly<Record<string, string>> = {
  connect: 'ConnectParams',
  agent: 'AgentParams',
  'agent.wait': 'AgentWaitParams',
  'agents.list': 'AgentsListParams',
  'chat.send': 'ChatSendParams',
  'chat.abort': 'ChatAbortParams',
  'chat.history': 'ChatHistoryParams',
  'sessions.create': 'SessionsCreateParams',
  'sessions.describe': 'SessionsDescribeParams',
  'sessions.patch': 'SessionsPatchParams',
}
const RESULTS: Readonly<Record<string, string>> = {
  connect: 'HelloOk',
  'agents.list': 'AgentsListResult',
  'sessions.create': 'SessionsCreateResult',
}
const EVENTS: Readonly<Record<string, string>> = {
  chat: 'ChatEvent',
  tick: 'TickEvent',
  shutdown: 'ShutdownEvent',
}

/** The package exports its code only; the schema lies beside it. */
const schema: object = await Bun.file(
  fileURLToPath(new URL('../protocol.schema.json', import.meta.resolve('@openclaw/gateway-protocol'))),
).json()

const ajv = new Ajv({ strict: false, schemas: { protocol: schema } })

function validator(definition: string): ValidateFunction {
  const found = ajv.getSchema(`protocol#/definitions/${definition}`)
  if (!found) throw new Error(`The schema has no ${definition}.`)
  return found
}

function problem(definition: string, value: unknown): string | undefined {
  const validate = validator(definition)
  if (validate(value)) return undefined
  return `${definition}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 300)}`
}

interface Frame {
  type: string
  id?: string
  method?: string
  params?: unknown
  event?: string
  ok?: boolean
  payload?: unknown
}

/** What the schema of `@openclaw/gateway-protocol` says against frames, from either side. */
class Judge {
  readonly problems = new Set<string>()
  readonly seen = new Set<string>()
  readonly #methods = new WeakMap<object, Map<string, string>>()

  readonly tap = (direction: 'in' | 'out', value: unknown, connection: object) => {
    const frame = value as Frame
    const methods = this.#methods.get(connection) ?? new Map<string, string>()
    this.#methods.set(connection, methods)
    if (direction === 'in') this.#request(frame, methods)
    else this.#outgoing(frame, methods)
  }

  #request(frame: Frame, methods: Map<string, string>): void {
    this.#hold('RequestFrame', frame)
    const method = frame.method ?? ''
    methods.set(frame.id ?? '', method)
    this.seen.add(method)
    const definition = PARAMS[method]
    if (definition) this.#hold(definition, frame.params)
    else this.problems.add(`No schema is known for ${method}.`)
  }

  #outgoing(frame: Frame, methods: ReadonlyMap<string, string>): void {
    this.#hold(frame.type === 'event' ? 'EventFrame' : 'ResponseFrame', frame)
    const event = EVENTS[frame.event ?? '']
    const result = RESULTS[methods.get(frame.id ?? '') ?? '']
    if (event) this.#hold(event, frame.payload)
    if (frame.type === 'res' && frame.ok && result) this.#hold(result, frame.payload)
  }

  #hold(definition: string, value: unknown): void {
    const found = problem(definition, value)
    if (found) this.problems.add(found)
  }
}

describe('frames and the schema that OpenClaw ships', () => {
  test('every frame of the client and of the mock gateway fits', async () => {
    const judge = new Judge()
    const gates = new Gates()
    const mock = new MockGateway({ remote_port: 0, gates, tap: judge.tap })
    try {
      const gateway = {
        url: mock.url,
        remote_url: mock.remote_url,
        token: mock.token,
        version: /./,
        open: (name: string) => gates.open(name),
        asked: (part: string) => mock.turns.filter(({ prompt }) => prompt.includes(part)).map(askedOf),
        removeDevice: async (device_id: string) => mock.removeDevice(device_id),
        approve: async (request_id: string) => void mock.approve(request_id),
        restart: () => Promise.reject(new Error('This run has no restarts.')),
        drain: () => Promise.reject(new Error('This run does not drain.')),
      }
      const rules = GATEWAY_RULES.filter(([, , needs]) => needs === undefined)
      await Promise.all(rules.map(([, holds]) => holds(gateway)))
      await using listener = await connectAs(mock.url, { kind: 'token', token: mock.token })
      mock.broadcast('tick', { ts: Date.now() })
      await answered(listener, newKey(), 'ECHO heard')
      mock.broadcast('shutdown', { reason: 'gateway stopping' })
    } finally {
      await mock.kill()
    }
    expect([...judge.problems]).toEqual([])
    expect([...judge.seen].toSorted()).toEqual(Object.keys(PARAMS).toSorted())
  })

  test('a member that the schema does not know is a problem', () => {
    expect(problem('AgentParams', { message: 'x', idempotencyKey: 'k', unknown: 1 })).toContain(
      'must NOT have additional properties',
    )
  })
})
