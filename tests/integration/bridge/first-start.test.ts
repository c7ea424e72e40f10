import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Step } from '../../../bridge/src/proof/step.ts'
import { type Agent, addAgent } from '../../support/client.ts'
import type { OnTerminal } from '../../support/on-terminal.ts'
import { freePort } from '../../support/server.ts'
import { until } from '../../support/streams.ts'
import { Beginning, type Newcomer, TOKEN } from './beginning.ts'

let begun: Beginning
beforeAll(async () => {
  begun = await Beginning.open()
})
afterAll(() => begun?.close())

const states = (steps: readonly Step[]) => Object.fromEntries(steps.map(({ step, state }) => [step, state]))

describe('a person at a terminal, with everything wrong first', () => {
  const person = () => newcomer
  let newcomer: Newcomer
  let scribe: Agent
  let terminal: OnTerminal

  beforeAll(async () => {
    newcomer = begun.newcomer()
    scribe = await addAgent(begun.admin, 'release-scribe')
  })

  test('is told what is wrong with each answer, and asked again', async () => {
    terminal = person().atTerminal('init')
    await terminal.answers(/Address, as in the browser: /, 'http://127.0.0.1:1')
    await terminal.answers(
      /Nothing listens at 127\.0\.0\.1, port 1\.[\s\S]*browser: /,
      begun.far.url.replace('ws', 'http'),
    )
    await terminal.answers(/not Mission Control[\s\S]*browser: /, `${begun.server.url}/o/other/agents`)
    await terminal.answers(/Organization: other[\s\S]*paste it\): /, `mc_ak_live_none_${'x'.repeat(43)}`)
    await terminal.answers(/does not accept the key mc_ak_live_none_…[\s\S]*paste it\): /, scribe.key)
    await terminal.answers(
      /valid, but not in an organization "other"[\s\S]*\/o\/<organization>: /,
      'fieldnote',
    )
    await terminal.answers(/paste it\) \[mc_ak_live_\w+_…\]: /, '')
    await terminal.shows(/is the key of release-scribe/)
    await until(async () => (await begun.seen(scribe)) !== undefined, 'the app to see the bridge')
    expect(await begun.seen(scribe)).toMatchObject({ name: 'mc-bridge', state: 'degraded', gateway: null })
    await terminal.answers(/OpenClaw Gateway\r?\n {2}Address \[[^\]]*\]: /, 'ws://127.0.0.1:1')
    await terminal.answers(/No gateway listens[\s\S]*Address \[[^\]]*\]: /, begun.far.url)
    await terminal.answers(/Shared token \([^\n]*: /, 'not the token')
    await terminal.answers(/does not accept this token[\s\S]*Shared token \([^\n]*: /, TOKEN)
  })

  test('pairs the device with the command that is shown, and sees it approved', async () => {
    const [, request = ''] = await terminal.shows(/openclaw devices approve (\S+)/)
    expect(await begun.far.approve(request)).toBe(true)
    await terminal.shows(/ok {2}Approved: OpenClaw 2026\.9\.6/)
    await until(async () => (await begun.seen(scribe))?.gateway !== null, 'the app to see the gateway')
    expect((await begun.seen(scribe))?.gateway).toEqual({ version: '2026.9.6', connected: true })
  })

  test('chooses the agent of the gateway, and sees the round trip', async () => {
    await terminal.answers(/configuration \[release-scribe\]: /, '')
    await terminal.answers(/1 {2}main[\s\S]*2 {2}scout[\s\S]*Number or name \[main\]: /, 'ghost')
    await terminal.answers(/There is no "ghost"[\s\S]*name \[main\]: /, '2')
    await terminal.answers(/3 {2}all[\s\S]*name \[mention\]: /, '')
    await terminal.shows(/→ {3}scout: Say hello[\s\S]*← {3}echo: Say hello[\s\S]*posted in #general/)
    await terminal.shows(/mc-bridge run /)
    expect(await terminal.ended()).toBe(0)
    const [newest] = await begun.messages()
    expect(newest?.sender.id).toBe(scribe.user.id)
    expect(newest?.content).toStartWith('*Connection test:*')
    expect(await begun.seen(scribe)).toMatchObject({ state: 'ready', wake: 'mention' })
  })

  test('finds the files written, and no secret where it does not belong', () => {
    expect(person().files).toEqual(['comms-bridge.yaml', 'keys.env'])
    expect(statSync(person().secrets_path).mode & 0o777).toBe(0o600)
    expect(readFileSync(person().secrets_path, 'utf8')).toBe(`MC_KEY_RELEASE_SCRIBE=${scribe.key}\n`)
    const everything = [
      readFileSync(person().config_path, 'utf8'),
      readFileSync(join(person().home, '.local/state/mission-control-bridge/device.json'), 'utf8'),
      terminal.output,
    ].join('\n')
    for (const secret of [TOKEN, scribe.key, scribe.key.slice(-20)]) expect(everything).not.toContain(secret)
  })

  test('a check of the same passes, and the bridge runs with it', async () => {
    const { code, steps } = await person().check()
    expect(states(steps)).toEqual({
      configuration: 'ok',
      credentials: 'ok',
      server: 'ok',
      key: 'ok',
      gateway: 'ok',
      'gateway agent': 'ok',
      state: 'ok',
      health: 'ok',
      turn: 'ok',
    })
    expect(code).toBe(0)
    const before = await begun.mention(scribe, 'ECHO written before the bridge ran')
    await person().bridge()
    await begun.answered(before)
    await begun.answered(await begun.mention(scribe, 'ECHO written while it runs'))
  })

  test('a check beside the running bridge says so, and disturbs nothing', async () => {
    const { code, steps } = await person().check()
    expect(code).toBe(0)
    expect(steps.find(({ step }) => step === 'state')?.detail).toContain('A bridge is running')
    expect(steps.find(({ step }) => step === 'health')?.detail).toContain('the running bridge')
    await begun.answered(await begun.mention(scribe, 'ECHO after the check'))
  })

  test('a second run offers what is there, and changes nothing', async () => {
    const before = readFileSync(person().config_path, 'utf8')
    const reported = await begun.seen(scribe)
    expect(reported?.instance).toBeString()
    const { out, code } = await person().runs(['init'], { typed: '\n'.repeat(20) })
    expect(code).toBe(0)
    for (const words of [
      `[${begun.server.url}]`,
      '[fieldnote]',
      '[release-scribe]',
      '[scout]',
      'comms-bridge.yaml is as it should be',
    ])
      expect(out).toContain(words)
    expect(readFileSync(person().config_path, 'utf8')).toBe(before)
    expect(await begun.seen(scribe)).toEqual(reported)
    expect(out).toContain('A bridge is running: restart it')
    expect(out).not.toContain(scribe.key)
  })
})

describe('the guide', () => {
  const guide = readFileSync(join(import.meta.dir, '../../../docs/guides/bridge.md'), 'utf8')
  const session = (command: string) => {
    const [, shown = ''] = guide.match(new RegExp(`\`\`\`text\\n\\$ ${command}\\n([\\s\\S]*?)\`\`\``)) ?? []
    return shown
  }

  test('shows a real session of init, and of check', async () => {
    const scout = await addAgent(begun.admin, 'scout')
    const person = begun.newcomer({ MC_URL: begun.server.url, MC_ORG: 'fieldnote', MC_API_KEY: scout.key })
    const terminal = person.atTerminal('init')
    await terminal.answers(/ {2}Address \[[^\]]*\]: /, begun.far.url)
    await terminal.answers(/Shared token \([^\n]*: /, TOKEN)
    const [, request = ''] = await terminal.shows(/openclaw devices approve (\S+)/)
    await begun.far.approve(request)
    for (const question of [/\[scout\]: /, /name \[scout\]: /, /name \[mention\]: /])
      await terminal.answers(question, '')
    expect(await terminal.ended()).toBe(0)
    expect(session('mc-bridge init')).not.toBe('')
    expect(withoutValues(terminal.output)).toEqual(withoutValues(session('mc-bridge init')))

    const text = readFileSync(person.config_path, 'utf8')
    writeFileSync(
      person.config_path,
      text.replace(begun.far.url, 'ws://127.0.0.1:1').replace(/^health:(\n {2}.*)+/m, ''),
    )
    const port = freePort()
    writeFileSync(
      person.config_path,
      `${readFileSync(person.config_path, 'utf8')}\nhealth:\n  port: ${port}\n`,
    )
    const { out } = await person.runs(['check'])
    expect(withoutValues(out)).toEqual(withoutValues(session('mc-bridge check')))
  })
})

/** Lines of a session without what differs from one to the next, and without what the terminal has replaced. */
function withoutValues(text: string): string[] {
  const lines = text
    .replaceAll('\u001b', '')
    .replace(/\r[^\n]*\[K/g, '')
    .replace(/(https?|wss?):\/\/[^\s,\]]+\w/g, '$1')
    .replaceAll('https', 'http')
    .replaceAll('wss', 'ws')
    .replace(/mc_ak_live_\w+…/g, '<key>')
    .replace(/[0-9a-f]{64}/g, '<device>')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<request>')
    .replace(/\/\S*\/(\.config|\.local)\//g, '~/$1/')
    .replace(/127\.0\.0\.1(:|, port )\d+/g, '<address>')
    .replace(/\d+\.\d+(\.\d+)?( s)?/g, '<number>')
    .replace(/\bacme\b|\bfieldnote\b/g, '<org>')
    .replace(/← .*/g, '←')
  return lines
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())
}

describe('a person who stops', () => {
  test.each([
    ['at a question', 'MC_URL', /Organization, as in/],
    ['at a hidden one', 'MC_ORG', /paste it\): /],
  ])('%s leaves nothing behind', async (_, variable, question) => {
    const env =
      variable === 'MC_ORG' ? { MC_URL: begun.server.url, MC_ORG: 'fieldnote' } : { MC_URL: begun.server.url }
    const person = begun.newcomer(env)
    const terminal = person.atTerminal('init')
    await terminal.shows(question)
    terminal.type('\u0003')
    expect(await terminal.ended()).toBe(130)
    expect(terminal.output).toContain('Stopped. No configuration was written.')
    expect(person.files).toEqual([])
  })
})
