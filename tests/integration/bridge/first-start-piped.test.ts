import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Step } from '../../../bridge/src/proof/step.ts'
import { addAgent } from '../../support/client.ts'
import { Beginning, type Newcomer, TOKEN } from './beginning.ts'

let begun: Beginning
beforeAll(async () => {
  begun = await Beginning.open()
})
afterAll(() => begun?.close())

describe('without a terminal', () => {
  test('the lines of the app and the configuration of OpenClaw are enough', async () => {
    const scout = await addAgent(begun.admin, 'forge')
    const person = begun.newcomer({ MC_URL: begun.server.url, MC_ORG: 'fieldnote', MC_API_KEY: scout.key })
    mkdirSync(join(person.home, '.openclaw'))
    const openclaw = `{ gateway: { port: ${begun.near.port}, auth: { mode: 'token', token: '${TOKEN}' } } } // mine`
    writeFileSync(join(person.home, '.openclaw/openclaw.json'), openclaw)
    const { out, err, code } = await person.runs(['init', '--yes'])
    expect([err, code]).toEqual(['', 0])
    expect(out).toContain('openclaw.json; it is not kept.')
    expect(out).toContain('posted in #general')
    expect(`${out}${readFileSync(person.config_path, 'utf8')}`).not.toContain(TOKEN)
    expect((await person.check()).code).toBe(0)
  })

  test('answers come from a pipe; a second agent is added beside the first', async () => {
    const [one, two] = [await addAgent(begun.admin, 'pipe-one'), await addAgent(begun.admin, 'pipe-two')]
    const person = begun.newcomer({ OPENCLAW_GATEWAY_TOKEN: TOKEN })
    const first = await person.runs(['init'], {
      typed: `${begun.server.url}\nfieldnote\n${one.key}\n${begun.near.url}\n\nmain\nproject\n`,
    })
    expect([first.err, first.code]).toEqual(['', 0])
    expect(first.out).not.toContain(one.key)
    writeFileSync(person.config_path, `# my own words\n${readFileSync(person.config_path, 'utf8')}`)
    const env = { MC_URL: begun.server.url, MC_ORG: 'fieldnote', MC_API_KEY: two.key }
    const second = await person.runs(['init'], { typed: '\n\n\ny\ny\n', env })
    expect([second.err, second.code]).toEqual(['', 0])
    expect(second.out).toContain('Its agent scout does the work')
    expect(readFileSync(person.config_path, 'utf8')).toStartWith('# my own words\n')
    const { code, steps } = await person.check()
    expect(code).toBe(0)
    expect(steps.filter(({ step }) => step === 'turn').map(({ agent }) => agent)).toEqual([
      'pipe-one',
      'pipe-two',
    ])
  })

  test.each<[string, Record<string, string>, number, string]>([
    ['without an address', { MC_URL: '' }, 2, 'Set MC_URL.'],
    ['without a key', { MC_API_KEY: '' }, 2, 'Set MC_API_KEY.'],
    ['with a wrong address', { MC_URL: 'http://127.0.0.1:1' }, 1, 'Nothing listens at 127.0.0.1, port 1.'],
    ['over plain HTTP to another machine', { MC_URL: 'http://192.0.2.1' }, 1, 'in clear text'],
    ['with a wrong key', { MC_API_KEY: 'mc_ak_live_no_no' }, 1, 'does not accept the key mc_ak_live_no_…'],
    ['with a key of another organization', { MC_ORG: 'other' }, 1, 'not in an organization "other"'],
    ['without a gateway', { OPENCLAW_GATEWAY_PORT: '1' }, 1, 'No gateway listens at 127.0.0.1, port 1.'],
    [
      'with a wrong token',
      { OPENCLAW_GATEWAY_TOKEN: 'wrong' },
      1,
      'not accept the token of OPENCLAW_GATEWAY_TOKEN',
    ],
    ['without a token', { OPENCLAW_GATEWAY_TOKEN: '' }, 1, 'The gateway wants its shared token'],
  ])('%s it ends with the reason, and writes nothing', async (_, env, code, words) => {
    const person = await begun.prepared(`refused-${crypto.randomUUID().slice(0, 8)}`, env)
    const ended = await person.runs(['init', '--yes'])
    expect(ended.err).toContain(words)
    expect(ended.err).not.toContain('    at ')
    expect(ended.code).toBe(code)
    expect(person.files).toEqual([])
  })

  test('what is there is kept, unless it is forced', async () => {
    const person = await begun.prepared('keeper')
    mkdirSync(join(person.home, '.config/mission-control-bridge'), { recursive: true })
    const mine = `mission_control: { url: "https://elsewhere.example.com" }\nagents: [{ name: a, api_key_env: A, org_slug: acme }]\n`
    for (const [text, words] of [
      [mine, 'is there already and stays as it is'],
      ['agents: []\n', 'has 2 problems'],
    ] as const) {
      writeFileSync(person.config_path, text)
      const kept = await person.runs(['init', '--yes'])
      expect(kept.err).toContain(words)
      expect(kept.code).toBe(2)
      expect(readFileSync(person.config_path, 'utf8')).toBe(text)
    }
    expect(await person.runs(['init', '--yes', '--force'])).toMatchObject({ err: '', code: 0 })
    expect(readFileSync(person.config_path, 'utf8')).toContain('name: keeper')
  })
})

describe('a check says what is wrong, with exit code 1', () => {
  let person: Newcomer
  let good = ''

  beforeAll(async () => {
    person = await begun.prepared('checked')
    expect((await person.runs(['init', '--yes'])).code).toBe(0)
    good = readFileSync(person.config_path, 'utf8')
  })

  test.each<[string, (text: string) => string, Step['step'], string]>([
    [
      'a mistyped setting',
      (text) => text.replace('org_slug:', 'org_slugg:'),
      'configuration',
      'has 2 problems',
    ],
    [
      'a key that is not there',
      (text) => text.replace('MC_KEY_CHECKED', 'MC_KEY_GONE'),
      'credentials',
      'MC_KEY_GONE',
    ],
    [
      'another organization',
      (text) => text.replace('fieldnote', 'other'),
      'key',
      'not in an organization "other"',
    ],
    [
      'a server that is away',
      (text) => text.replace(begun.server.url, 'http://127.0.0.1:1'),
      'server',
      'Nothing listens',
    ],
    [
      'a gateway that is away',
      (text) => text.replace(begun.near.url, 'ws://127.0.0.1:1'),
      'gateway',
      'No gateway listens',
    ],
    ['a gateway that does not know it', (text) => text.replace(begun.near.url, begun.far.url), 'gateway', ''],
    [
      'an agent that is not there',
      (text) => text.replace('gateway_agent: main', 'gateway_agent: ghost'),
      'gateway agent',
      'no agent "ghost"',
    ],
  ])('%s', async (_, change, step, words) => {
    writeFileSync(person.config_path, change(good))
    const { code, steps } = await person.check()
    const failed = steps.filter(({ state }) => state === 'fail')
    expect(failed.map((one) => one.step)).toEqual([step])
    expect(failed[0]?.detail).toContain(words)
    expect(code).toBe(1)
    const { out } = await person.runs(['check'])
    expect(out).toContain('FAIL')
    expect(out).toContain('1 step failed.')
  })
})
