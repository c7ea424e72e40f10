import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Secrets } from '../src/log/secrets.ts'
import { createLog, type LogOptions } from '../src/log.ts'

const SECRET = 'q7'.repeat(21)
/** Put together here, so that no key stands in a file. */
const KEY = `mc_ak_live_${'a1b2c3'.repeat(2)}_${SECRET}`
const TOKEN = 'Zebra Crossing "42"!'

function lines(options: Partial<LogOptions> = {}) {
  const written: string[] = []
  const secrets = new Secrets()
  secrets.add(TOKEN)
  const log = createLog({
    level: 'debug',
    format: 'json',
    secrets,
    write: (line) => written.push(line),
    ...options,
  })
  return { log, written, last: () => JSON.parse(written.at(-1) ?? '{}') }
}

describe('lines', () => {
  test('JSON has time, level, fields and text', () => {
    const { log, last } = lines()
    log.child({ agent: 'scout' }).warn('The gateway is away', { attempt: 2 })
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      agent: 'scout',
      attempt: 2,
      msg: 'The gateway is away',
    })
  })

  test('text is one line for a person', () => {
    const { log, written } = lines({ format: 'text' })
    log.info('Waits', { agent: 'scout', reason: 'no answer', queue: 3 })
    log.failed('posting', new TypeError('bad\nthing'))
    expect(written[0]).toMatch(/^\S+Z INFO {2}Waits agent=scout reason="no answer" queue=3\n$/)
    expect(written[1]).toMatch(/^\S+Z ERROR failed: posting stage=posting error="TypeError: bad\\nthing"\n$/)
  })

  test('lines below the level are not written', () => {
    const { log, written } = lines({ level: 'warn' })
    log.debug('a')
    log.info('b')
    log.error('c')
    expect(written.length).toBe(1)
  })

  test('a text cannot write a line of its own, in either format', () => {
    for (const format of ['json', 'text'] as const) {
      const { log, written } = lines({ format })
      log.info('one\ntwo\u001b[31m\u202e', { reason: 'a\r\nb\u2028c', 'x\ny': '\u001b[2J' })
      expect(written.length).toBe(1)
      expect(written[0]?.trimEnd().split(/[\r\n]/).length).toBe(1)
      if (format === 'text') expect(written[0]?.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u)
    }
  })
})

describe('B83 what is never written', () => {
  test('a key shows its public part only', () => {
    const { log, last } = lines()
    const deep = { url: `https://h/?k=${KEY}&b=1` }
    log.info(`Key ${KEY}, refused`, { used: KEY, list: [`x_${KEY}`], deep })
    const masked = 'mc_ak_live_a1b2c3a1b2c3_…'
    expect(last()).toMatchObject({
      used: masked,
      list: [`x_${masked}`],
      deep: { url: `https://h/?k=${masked}&b=1` },
      msg: `Key ${masked}, refused`,
    })
    log.info(`mc_ak_live_${SECRET}`)
    expect(last().msg).toBe('mc_ak_…')
  })

  test('fields that contain credentials or text of people', () => {
    const { log, last } = lines()
    log.info('x', {
      token: 'a',
      gateway_token: 'b',
      Authorization: 'c',
      api_key: 'd',
      content: 'e',
      text: 'f',
      answer: 'g',
      deep: { device_private: 'h', password: 'i' },
      token_env: 'OPENCLAW_TOKEN',
      message_id: 'm1',
      attempt: 1,
    })
    const removed = '[removed]'
    expect(last()).toMatchObject({
      token: removed,
      gateway_token: removed,
      Authorization: removed,
      api_key: removed,
      content: removed,
      text: removed,
      answer: removed,
      deep: { device_private: removed, password: removed },
      token_env: 'OPENCLAW_TOKEN',
      message_id: 'm1',
      attempt: 1,
    })
  })

  test.each([
    ['a bearer', `Authorization: Bearer ${SECRET}`],
    ['a signed token', `eyJ${'a'.repeat(12)}.${SECRET}.${SECRET}`],
    ['a password in a URL', `ws://bridge:${SECRET}@host:1/`],
    ['a token of a query', `GET /x?token=${SECRET}&a=1`],
    ['a token in JSON', `{"deviceToken":"${SECRET}"}`],
    ['a token of Vault', `hvs.${SECRET}`],
  ])('%s in a text', (_, text) => {
    const { log, written } = lines()
    log.info(text, { reason: text })
    log.failed('work', new Error(text, { cause: new Error(text) }))
    expect(written.join('')).not.toContain(SECRET)
  })

  test('contents of objects with a class', () => {
    const { log, last } = lines()
    const headers = new Headers({ authorization: SECRET })
    log.info('x', { headers, map: new Map([['a', SECRET]]), bytes: new Uint8Array(3) })
    expect(last()).toMatchObject({ headers: '[Headers]', map: '[Map]', bytes: '[3 bytes]' })
  })
})

test('B83 whatever is logged, neither a key nor a known token is in the line, and the line is whole', () => {
  const around = fc.string({ unit: 'binary', maxLength: 30 })
  const secret = fc.constantFrom(KEY, TOKEN, `x-${KEY}-y`)
  const hostile = fc.tuple(around, secret, around).map(([a, s, b]) => `${a}${s}${b}`)
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      hostile,
      hostile.map((text) => new Error(text, { cause: new TypeError(text) })),
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withTypedArray: true,
        withObjectString: true,
      }),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(around, hostile), tie('any'), { maxKeys: 3 }),
    ),
  })).any
  fc.assert(
    fc.property(value, hostile, fc.constantFrom('json', 'text'), (value, text, format) => {
      const { log, written } = lines({ format })
      log.info(text, { value })
      log.child({ [text]: text }).warn('x', { [text]: value })
      log.failed(text, value)
      expect(written.length).toBe(3)
      for (const line of written) {
        expect(line).not.toContain(SECRET)
        expect(line).not.toContain(TOKEN)
        expect(line).not.toContain(JSON.stringify(TOKEN).slice(1, -1))
        expect(line.indexOf('\n')).toBe(line.length - 1)
        if (format === 'json') expect(JSON.parse(line)).toBeObject()
      }
    }),
    { numRuns: 500 },
  )
})

test('a secret that is the beginning of another leaves nothing of it', () => {
  const secrets = new Secrets()
  for (const value of ['abcdef', 'abcdef-ghijkl']) secrets.add(value)
  expect(secrets.remove('1 abcdef-ghijkl 2 abcdef', '-')).toBe('1 - 2 -')
})

test('a value that is too short to be a secret stays, and the oldest of too many is forgotten', () => {
  const secrets = new Secrets()
  secrets.add('abc')
  expect(secrets.remove('abc', '')).toBe('abc')
  for (let n = 0; n <= 2_000; n++) secrets.add(`secret-${n}.`)
  expect(secrets.remove('secret-0. secret-1. secret-2000.', '-')).toBe('secret-0. - -')
})
