import { describe, expect, test } from 'bun:test'
import { EventReader } from '../../src/gateway/events.ts'
import { parseFrame } from '../../src/gateway/frames.ts'
import { historyOf } from '../../src/gateway/history.ts'
import { agentReply, waitReply } from '../../src/gateway/replies.ts'
import { unsupported } from '../../src/gateway/versions.ts'

const KEY = 'agent:main:mc:acme:project:1'
const of = { sessionKey: KEY, runId: 'run-1' }

function reader() {
  return new EventReader((key) => key.startsWith('agent:main:mc:'))
}

const textOf = (text: string) => ({ role: 'assistant', content: [{ type: 'text', text }] })

describe('events', () => {
  test('B44 a foreign session is dropped before any other member is looked at', () => {
    const looked: string[] = []
    const payload = new Proxy<Record<string, unknown>>(
      { ...of, sessionKey: 'agent:main:telegram:dm:1', state: 'final' },
      {
        get(target, name: string) {
          looked.push(name)
          return target[name]
        },
      },
    )
    expect(reader().read('chat', payload)).toBeUndefined()
    expect(looked).toEqual(['sessionKey'])
  })

  test('keys are given and compared in lower case', () => {
    const event = reader().read('chat', { ...of, sessionKey: KEY.toUpperCase(), state: 'final' })
    expect(event?.session_key).toBe(KEY)
  })

  test('deltas grow without the whole text, and `replace` begins anew', () => {
    const events = reader()
    const delta = (more: object) => events.read('chat', { ...of, state: 'delta', ...more })
    expect(delta({ deltaText: 'Hel' })).toMatchObject({ type: 'progress', text: 'Hel' })
    expect(delta({ deltaText: 'lo' })).toMatchObject({ text: 'Hello' })
    expect(delta({ deltaText: 'Good', replace: true })).toMatchObject({ text: 'Good' })
    expect(delta({ deltaText: ' day' })).toMatchObject({ text: 'Good day' })
    expect(delta({ deltaText: '?', message: textOf('The whole text') })).toMatchObject({
      text: 'The whole text',
    })
    expect(delta({ deltaText: '!' })).toMatchObject({ text: 'The whole text!' })
  })

  test('a turn that starts again, e.g. with another model, begins its text anew', () => {
    const events = reader()
    events.read('chat', { ...of, state: 'delta', deltaText: 'lost' })
    events.read('agent', { ...of, stream: 'lifecycle', data: { phase: 'start' } })
    expect(events.read('chat', { ...of, state: 'delta', deltaText: 'new' })).toMatchObject({ text: 'new' })
  })

  test('ends of turns, and the reasons for people', () => {
    const events = reader()
    const chat = (more: object) => events.read('chat', { ...of, ...more })
    expect(chat({ state: 'final', message: textOf('Done') })).toEqual({
      session_key: KEY,
      run_id: 'run-1',
      type: 'final',
      text: 'Done',
      message_id: null,
    })
    expect(chat({ state: 'final' })).toMatchObject({ type: 'final', text: '' })
    expect(chat({ state: 'error', errorKind: 'timeout' })).toMatchObject({
      reason: 'The turn took too long.',
    })
    expect(chat({ state: 'error', errorMessage: 'a\n  b' })).toMatchObject({ type: 'failed', reason: 'a b' })
    expect(chat({ state: 'aborted', stopReason: 'archive' })).toMatchObject({
      type: 'aborted',
      reason: 'The session was archived.',
    })
    expect(chat({ state: 'status', phase: 'starting_model' })).toBeUndefined()
  })

  test('B22 a text is bounded, and says that it was cut', () => {
    const event = reader().read('chat', { ...of, state: 'final', message: textOf('x'.repeat(3_000_000)) })
    if (event?.type !== 'final') throw new Error('no final')
    expect(event.text.length).toBe(1_000_000)
    expect(event.text).toEndWith('characters.]')
  })

  test('B22 the texts of a thousand turns are kept, not of more', () => {
    const events = reader()
    for (let n = 0; n <= 1_000; n++)
      events.read('chat', { sessionKey: KEY, runId: `run-${n}`, state: 'delta', deltaText: 'a' })
    const more = (runId: string) =>
      events.read('chat', { sessionKey: KEY, runId, state: 'delta', deltaText: 'b' })
    expect(more('run-1000')).toMatchObject({ text: 'ab' })
    expect(more('run-0')).toMatchObject({ text: 'b' })
  })
})

describe('bounds', () => {
  test('texts under way are kept up to sixteen million characters', () => {
    const events = reader()
    const grow = (n: number, deltaText: string) =>
      events.read('chat', { sessionKey: KEY, runId: `run-${n}`, state: 'delta', deltaText })
    const large = 'x'.repeat(900_000)
    for (let n = 0; n < 18; n++) grow(n, large)
    expect(grow(0, 'new')).toMatchObject({ text: 'new' })
    expect(grow(17, '!')).toMatchObject({ text: `${large}!` })
  })
})

describe('frames', () => {
  test('a refusal keeps its payload, code and details', () => {
    const text = JSON.stringify({
      type: 'res',
      id: 'r1',
      ok: false,
      payload: { status: 'error' },
      error: {
        code: 'UNAVAILABLE',
        message: 'm'.repeat(900),
        retryAfterMs: 250,
        details: { reason: 'draining' },
      },
    })
    expect(parseFrame(text)).toMatchObject({
      ok: false,
      payload: { status: 'error' },
      error: { code: 'UNAVAILABLE', retry_after_ms: 250, reason: 'draining', retryable: false },
    })
    const frame = parseFrame(text)
    if (frame?.type !== 'answer' || frame.ok) throw new Error('no refusal')
    expect(frame.error.message).toHaveLength(500)
  })
})

describe('replies', () => {
  const settled = (payload: object) =>
    agentReply({ type: 'answer', id: 'r', ok: true, payload: { ...payload } })

  test('several texts of one turn are one answer', () => {
    const payloads = [{ text: 'one' }, { text: '', mediaUrl: 'x' }, { text: 'two' }]
    expect(settled({ status: 'ok', result: { payloads } })).toEqual({ status: 'ok', text: 'one\n\ntwo' })
  })

  test('a turn that was stopped, by either shape of the gateway', () => {
    for (const payload of [
      { status: 'timeout', summary: 'aborted', stopReason: 'rpc' },
      { status: 'error', summary: 'failed', stopReason: 'aborted' },
    ])
      expect(settled(payload)).toEqual({ status: 'failed', reason: 'The turn was stopped.' })
  })

  test('the own timeout of a wait is no end of the turn', () => {
    expect(waitReply({ status: 'timeout', timeoutPhase: 'gateway_draining' })).toEqual({ status: 'pending' })
    expect(waitReply({ status: 'timeout' })).toEqual({ status: 'pending' })
    expect(waitReply({ status: 'timeout', timeoutPhase: 'queue', providerStarted: false })).toEqual({
      status: 'unknown',
    })
    expect(waitReply({ status: 'timeout', endedAt: 5, error: 'aborted' })).toEqual({
      status: 'failed',
      reason: 'The turn took too long.',
    })
  })
})

describe('history', () => {
  const user = (run: string, more: object = {}) => ({
    role: 'user',
    content: 'hi',
    idempotencyKey: `${run}:user`,
    timestamp: 7,
    ...more,
  })
  const recovery = { provenance: { sourceTool: 'main_session_restart_recovery' } }
  const assistant = (run: string) => ({ ...textOf('answer'), __openclaw: { id: 'a', runId: run } })

  test('the message that resumes a turn is left out where it follows the question', () => {
    const messages = [user('ours'), user('theirs', recovery), assistant('theirs')]
    const { rows } = historyOf({ messages })
    expect(rows.map(({ role, run_id, resumed_at }) => [role, run_id, resumed_at])).toEqual([
      ['user', 'ours', undefined],
      ['assistant', 'theirs', undefined],
    ])
  })

  test('the message that resumes a turn is marked where it replaces the question', () => {
    const messages = [assistant('before'), user('theirs', recovery), assistant('theirs')]
    const { rows } = historyOf({ messages })
    expect(rows.map(({ role, resumed_at }) => [role, resumed_at])).toEqual([
      ['assistant', undefined],
      ['user', 7],
      ['assistant', undefined],
    ])
  })

  test('nonsense is no row', () => {
    expect(historyOf({ messages: [null, 5, { role: 'tool' }, []], pendingInputs: 'x' })).toEqual({
      rows: [],
      pending: [],
    })
  })
})

describe('versions', () => {
  test.each(['2026.8.1', '2026.8.2', '2026.9.0-beta.1', '2026.10.0', '2027.1.1', 'v2026.8.1'])(
    '%s is supported',
    (version) => expect(unsupported(version, 4)).toBeUndefined(),
  )
  test.each(['2026.8.0', '2026.8.1-beta.3', '2026.7.31', '2025.12.9', 'dev', '', '2026.8'])(
    '%s is not',
    (version) => expect(unsupported(version, 4)).toContain('2026.8.1'),
  )
})
