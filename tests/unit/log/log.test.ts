import { describe, expect, test } from 'bun:test'
import { scrub, scrubError, scrubText } from '../../../src/log/scrub.ts'
import { createLog, type Log, type LogLevel } from '../../../src/log.ts'

function journal(
  level: LogLevel = 'info',
  pretty = false,
): { log: Log; lines: string[]; last(): Record<string, unknown> } {
  const lines: string[] = []
  const log = createLog({ level, pretty, fields: { node_id: 'n1' }, write: (line) => lines.push(line) })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') }
}

const KEY = `mc_ak_live_abcdefghijkl_${'k'.repeat(43)}`

describe('createLog', () => {
  test('writes one JSON line per entry with time, level, node and text', () => {
    const { log, lines, last } = journal()
    log.info({ port: 3000 }, 'listening')
    expect(lines).toHaveLength(1)
    expect(lines[0]).toEndWith('}\n')
    expect(last()).toMatchObject({ level: 'info', node_id: 'n1', port: 3000, msg: 'listening' })
    expect(String(last().time)).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  })

  test('keeps below its level silent', () => {
    const { log, lines } = journal('warn')
    log.debug({}, 'a')
    log.info({}, 'b')
    log.warn({}, 'c')
    expect(lines).toHaveLength(1)
    const quiet = journal('silent')
    quiet.log.failed('anything', new Error('x'))
    expect(quiet.lines).toEqual([])
  })

  test('a child’s every line carries its request id', () => {
    const { log, last } = journal()
    const child = log.child({ request_id: 'r1', token: 'secret' })
    child.warn({ status: 503 }, 'busy')
    expect(last()).toMatchObject({ request_id: 'r1', token: '[removed]', status: 503 })
    child.child({ org_id: 'o1' }).info({}, 'x')
    expect(last()).toMatchObject({ request_id: 'r1', org_id: 'o1' })
  })

  test('failed names the stage and the fault, not the row that was written', () => {
    const { log, last } = journal()
    const error = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      detail: 'Key (content)=(private words)',
      parameters: ['private words'],
      query: 'insert',
    })
    log.failed('store the message', new Error('outer', { cause: error }))
    expect(last()).toMatchObject({
      level: 'error',
      stage: 'store the message',
      msg: 'failed: store the message',
    })
    expect(last().error).toMatchObject({
      type: 'Error',
      message: 'outer',
      cause: { code: '23505', message: 'duplicate key value' },
    })
    expect(JSON.stringify(last())).not.toContain('private words')
  })

  test('failed takes anything that can be thrown', () => {
    const { log, last } = journal()
    for (const thrown of ['text', 7, null, undefined, { password: 'x', code: 3 }, Symbol('s')])
      log.failed('stage', thrown)
    expect(last().error).toEqual({ message: 'Symbol(s)' })
  })

  test('a person at a terminal gets lines without braces', () => {
    const { log, lines } = journal('info', true)
    log.info({ port: 3000 }, 'listening')
    log.failed('send the mail', new Error('refused'))
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d INFO {2}listening node_id=n1 port=3000\n$/)
    expect(lines[1]).toContain('ERROR failed: send the mail')
    expect(lines[1]).toContain('Error: refused')
  })
})

describe('scrub', () => {
  test.each([
    'password',
    'Password',
    'new_password',
    'password_hash',
    'token',
    'access_token',
    'refreshToken',
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'Set-Cookie',
    'x-csrf-token',
    'csrf',
    'api_key',
    'apiKey',
    'key',
    'secret',
    'client_secret',
    'jwt_secret',
    'pepper',
    'recovery_codes',
    'content',
    'body',
    'payload',
    'text',
  ])('removes %s at the top, nested and in lists', (name) => {
    const shown = JSON.stringify(
      scrub({ [name]: 'hidden-1', a: { [name]: { x: 'hidden-2' }, b: [{ [name]: ['hidden-3'] }] } }),
    )
    expect(shown).not.toContain('hidden')
    expect(shown).toContain('[removed]')
  })

  test('keeps what only tells about a secret', () => {
    const fields = {
      token_id: 't',
      password_changed_at: 'now',
      key_prefix: 'mc_ak',
      tokens: 7,
      has_password: true,
      message_id: 'm',
      status: 200,
      path: '/api/v1/orgs/acme',
    }
    expect(scrub(fields)).toEqual(fields)
  })

  test.each([
    `used ${KEY} twice`,
    `used mc_scim_0a1b2c3_${'k'.repeat(43)} twice`,
    `Authorization: Bearer ${KEY}`,
    'authorization: bearer hidden-abc.def',
    'Basic aGlkZGVuOmhpZGRlbg== was sent',
    'cookie: mc_session=hidden; a=b',
    'Cookie a=b; __Host-mc_session=hidden',
    'GET /setup?token=hidden&x=1',
    'open http://localhost:3000/setup?token=hidden',
    'connect postgres://mc_app:hidden@db:5432/mc failed',
    'redis://:hidden@cache',
    '{"password":"hidden"}',
    'password=hidden',
    `POST /auth/invites/hidden${'x'.repeat(20)}/accept`,
    `POST /auth/sign-in-links/hidden${'x'.repeat(20)}/accept`,
    `https://example.com/sign-in-link/hidden${'x'.repeat(20)}`,
    `POST /auth/email-links/hidden${'x'.repeat(20)}/accept`,
    `https://example.com/confirm-email/hidden${'x'.repeat(20)}`,
    'the hash $argon2id$v=19$m=65536,t=2,p=1$hidden$hidden+/x',
    'mc_device_abcd1234=hidden.hidden.hidden',
    `eyJ${'hbGciOiJIUzI1NiJ9'}.eyJzdWIiOiJoaWRkZW4ifQ.c2lnbmF0dXJl`,
  ])('removes it from text: %s', (text) => {
    const shown = scrubText(text)
    expect(shown).toContain('[removed]')
    expect(shown).not.toMatch(/hidden|kkkk|aGlkZGVu|eyJ/)
  })

  test('leaves ordinary text alone', () => {
    const text =
      'GET /api/v1/orgs/acme/tasks?page=2 200 in 3 ms, lane of 0190f5a8-7e1c-7b3c-8f00-000000000001 took 5 commands'
    expect(scrubText(text)).toBe(text)
  })

  test('is bounded for endless and circular values', () => {
    const circle: Record<string, unknown> = { name: 'x'.repeat(100_000) }
    circle.self = circle
    const shown = JSON.stringify(
      scrub({ circle, many: Array.from({ length: 10_000 }, (_, i) => i), bytes: new Uint8Array(9) }),
    )
    expect(shown.length).toBeLessThan(40_000)
    expect(shown).toContain('[9 bytes]')
  })

  test('does not open objects that are not plain', () => {
    expect(
      scrub({ headers: new Headers({ cookie: 'hidden' }), map: new Map([['token', 'hidden']]) }),
    ).toEqual({ headers: '[Headers]', map: '[Map]' })
  })

  test('an error keeps its code and loses keys in its text', () => {
    const shown = scrubError(Object.assign(new TypeError(`bad ${KEY}`), { code: 'ECONNREFUSED' }))
    expect(shown).toMatchObject({ type: 'TypeError', code: 'ECONNREFUSED' })
    expect(JSON.stringify(shown)).not.toContain('kkkk')
  })
})
