import { describe, expect, test } from 'bun:test'
import { viaClient } from '../src/components/agents/agent-rules.ts'
import { agentState, degradedReason, wakeNote } from '../src/components/agents/agent-state.ts'
import { NOON, user } from './support/samples.ts'

const client = {
  name: 'mc-bridge',
  version: '1.0.0',
  wake: 'mention' as const,
  state: 'ready' as const,
  detail: null,
  gateway: { version: '2026.9.6', connected: true },
  reported_at: NOON,
}
const ready = user({ type: 'agent', client })
const degraded = user({ type: 'agent', client: { ...client, state: 'degraded', detail: 'no model' } })

describe('what an agent is able to do', () => {
  test('is what its client says while it is connected', () => {
    expect(agentState(ready, 'on')).toBe('ready')
    expect(agentState(ready, 'work')).toBe('working')
    expect(agentState(degraded, 'on')).toBe('degraded')
    expect(agentState(degraded, 'off')).toBe('away')
    expect(agentState(degraded, undefined)).toBe('unknown')
  })

  test('is nothing while the loop brake pauses it', () => {
    expect(agentState(ready, 'on', NOON)).toBe('paused')
    expect(wakeNote(ready, 'paused', NOON)).toMatch(/^paused until .+, your message ends it$/)
  })

  test('has a reason when it is degraded, also one that the client leaves out', () => {
    expect(degradedReason(degraded)).toBe('no model')
    const cut = { ...client, gateway: { version: '2026.9.6', connected: false } }
    expect(degradedReason({ client: cut })).toBe('its gateway is not connected')
    expect(wakeNote(degraded, 'degraded')).toBe('degraded: no model')
  })
})

test('a row names the client and its gateway', () => {
  expect(viaClient(ready, 'stream')).toEqual({ title: 'mc-bridge 1.0.0', note: 'gateway 2026.9.6' })
  expect(viaClient(ready, 'none')).toEqual({ title: 'Not connected', note: 'before by mc-bridge 1.0.0' })
  expect(viaClient(user({ type: 'agent' }), 'stream')).toBeUndefined()
})
