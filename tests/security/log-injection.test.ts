/** Log injection: a text of a caller forges a line of the log, or steers the terminal of whoever reads it. */
import { beforeAll, expect, test } from 'bun:test'
import { createLog } from '../../src/log.ts'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const FORGED = '{"level":"fatal","msg":"forged"}'
const HOSTILE = [
  `a\r\n${FORGED}`,
  `a\n${FORGED}\n`,
  `a\u2028${FORGED}\u2029`,
  `\u0085${FORGED}`,
  '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u001b[1A',
  '\u009b31mred',
  'a\b\b\bb\u007f\rover',
  '\u202edetrevni\u202c \u2066x\u2069',
  `"}\n${FORGED}`,
  '%0d%0a',
  '%s %d %j %o',
]

test('a line of the log is one line of JSON, whatever its fields hold', () => {
  for (const text of HOSTILE) {
    const lines: string[] = []
    const log = createLog({ level: 'debug', pretty: false, write: (line) => lines.push(line) })
    log.info({ name: text, [text]: 1 }, text)
    log.failed(text, new Error(text))
    expect(lines.length).toBe(2)
    for (const line of lines) {
      expect(line.trimEnd().split('\n').length).toBe(1)
      expect(JSON.parse(line).level).not.toBe('fatal')
    }
  }
})

test('a terminal gets lines that only print: no escape, no end of line, no reordering', () => {
  for (const text of HOSTILE) {
    let printed = ''
    const log = createLog({ level: 'debug', pretty: true, write: (line) => (printed += line) })
    log.info({ name: text, [text]: 'x' }, text)
    expect([text, printed.trimEnd().split('\n').length]).toEqual([text, 1])
    const fault = new Error(text)
    fault.stack = `Error: ${text}\n    at x`
    log.failed(text, fault)
    expect([
      text,
      /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(printed.replaceAll('\n', '')),
    ]).toEqual([text, false])
    for (const line of printed.split('\n')) expect([text, line.startsWith('{')]).toEqual([text, false])
  }
})

test('a request puts no line of its own into the log of the server', async () => {
  const before = target.server.log().length
  for (const text of ['%0d%0a', '%0a', '%1b%5b2J', '%e2%80%a8'])
    await exchange(target, [
      `GET /api/v1/orgs/${text}${encodeURIComponent(FORGED)}/channels?x=${text} HTTP/1.1`,
      'Host: localhost',
      `User-Agent: ${FORGED}`,
      `X-Request-Id: ${FORGED}`,
      `Authorization: Bearer mc_ak_live_${text}${FORGED}`,
    ])
  for (const text of HOSTILE)
    await fetch(`${target.server.url}/auth/password`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: `${text}@example.com`, password: text.padEnd(10, 'x') }),
    })
  const lines = target.server.log().slice(before).split('\n').filter(Boolean)
  for (const line of lines) expect([line, JSON.parse(line).msg]).not.toEqual([line, 'forged'])
})

test('the id of a request is the server’s own, not the caller’s', async () => {
  const answer = await fetch(`${target.server.url}/version`, { headers: { 'X-Request-Id': 'mine' } })
  expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
})
