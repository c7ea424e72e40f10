import { describe, expect, test } from 'bun:test'
import { answerTo } from '../src/components/connect/answer.ts'
import { answerCommand, settingsCommand } from '../src/components/connect/connect-commands.ts'
import { type Seen, stepsOf } from '../src/components/connect/connect-steps.ts'
import { AGENT, message, NOON } from './support/samples.ts'

const NOTHING: Seen = {
  here: false,
  key_used: undefined,
  streaming: false,
  client: undefined,
  test: { is: 'unsent' },
}
const CLIENT = {
  name: 'mc-bridge',
  version: '1.0.0',
  wake: 'project',
  state: 'ready',
  detail: null,
  gateway: { version: '2026.9.6', connected: true },
  reported_at: NOON,
} as const
const states = (way: 'bridge' | 'program', seen: Partial<Seen>) =>
  stepsOf(way, { ...NOTHING, ...seen }).map(({ id, state }) => `${id} ${state}`)
const step = (id: string, seen: Partial<Seen>) =>
  stepsOf('bridge', { ...NOTHING, ...seen }).find((one) => one.id === id)

describe('the steps of connecting an agent', () => {
  test('follow each other: the first that is open is the current one', () => {
    expect(states('bridge', {})).toEqual(['key current', 'bridge later', 'gateway later', 'test later'])
    expect(states('bridge', { here: true, key_used: 'now', client: CLIENT })).toEqual([
      'key done',
      'bridge done',
      'gateway done',
      'test current',
    ])
    expect(states('program', { here: true, key_used: 'now', streaming: true })).toEqual([
      'key done',
      'stream done',
      'test current',
    ])
  })

  test('name what was seen, with its version', () => {
    const seen = { here: true, client: CLIENT }
    expect(step('bridge', seen)?.note).toBe('mc-bridge 1.0.0, wakes on messages of people in its projects')
    expect(step('gateway', seen)?.note).toBe('OpenClaw 2026.9.6')
    expect(step('test', { test: { is: 'answered', took_ms: 1_240 } })?.note).toBe(
      'The answer came after 1.2 s.',
    )
  })

  test('say what holds up', () => {
    const degraded = { ...CLIENT, state: 'degraded', detail: 'The gateway is away', gateway: null } as const
    expect(step('bridge', { here: true, client: degraded })).toMatchObject({ state: 'done', warned: true })
    expect(step('gateway', { here: true, client: degraded })?.note).toBe('')
    const cut = { ...CLIENT, gateway: { version: '2026.9.6', connected: false } }
    expect(step('gateway', { here: true, client: cut })?.note).toContain('is not connected now')
    expect(step('bridge', { here: false, client: CLIENT })).toMatchObject({
      state: 'later',
      note: 'mc-bridge 1.0.0 was here before, and is not connected now.',
    })
    expect(step('test', { test: { is: 'failed', reason: 'no model' } })).toMatchObject({
      note: 'no model',
      warned: true,
    })
  })

  test('take the word of a client while the page does not know who is here', () => {
    expect(step('bridge', { here: undefined, client: CLIENT })?.state).toBe('done')
  })
})

test('the answer to a test message is the first message of the agent after it', () => {
  const by_agent = { sender: { id: AGENT, type: 'agent' as const, display_name: 'forge' } }
  const messages = [message(1, by_agent), message(2), message(3), message(4, by_agent), message(5, by_agent)]
  const log = { messages, has_older: false, has_newer: false }
  expect(answerTo(log, message(2), AGENT)?.seq).toBe(4)
  expect(answerTo(log, message(5), AGENT)).toBeUndefined()
})

test('commands take the key from a variable', () => {
  expect(settingsCommand('https://mc.example', 'acme', 'mc_ak_live_x')).toBe(
    "export MC_URL='https://mc.example' MC_ORG='acme'\nexport MC_API_KEY='mc_ak_live_x'",
  )
  expect(answerCommand({ id: 'm1', channel_id: 'c1' })).toContain('Bearer $MC_API_KEY')
})
