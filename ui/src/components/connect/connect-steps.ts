import type { User } from '@contracts/resources.ts'
import { degradedReason, WAKE_WORDS } from '../agents/agent-state.ts'

/** The steps of connecting an agent, from what is seen of it; pure. */

/** By the bridge beside an OpenClaw Gateway, or by a program that uses the API itself. */
export type Way = 'bridge' | 'program'

export type StepId = 'key' | 'bridge' | 'gateway' | 'stream' | 'test'

export interface Step {
  id: StepId
  /** The first step that is not done is the current one. */
  state: 'done' | 'current' | 'later'
  title: string
  /** What was seen, or what is missing. */
  note: string
  /** Done, but something needs attention. */
  warned: boolean
}

/** What is seen of an agent. */
export interface Seen {
  /** It is connected now; undefined while this page does not know. */
  here: boolean | undefined
  /** When its key was used, in words; undefined if it never was. */
  key_used: string | undefined
  /** It reads the event stream. */
  streaming: boolean
  client: User['client']
  test: TestResult
}

export type TestResult =
  | { is: 'unsent' }
  | { is: 'waiting' }
  | { is: 'failed'; reason: string }
  | { is: 'answered'; took_ms: number }

interface Found {
  done: boolean
  note: string
  warned?: boolean
}

const ORDER: Record<Way, readonly StepId[]> = {
  bridge: ['key', 'bridge', 'gateway', 'test'],
  program: ['key', 'stream', 'test'],
}

/** Titles of a step that is open, and of one that is done. */
const TITLES: Record<StepId, readonly [string, string]> = {
  key: ['Waiting for its key to be used', 'Its key was used'],
  bridge: ['Waiting for the bridge', 'The bridge is here'],
  gateway: ['Waiting for the gateway', 'The gateway is paired'],
  stream: ['Waiting for its event stream', 'It reads the event stream'],
  test: ['Send a test message', 'The test message was answered'],
}

const FINDERS: Record<StepId, (seen: Seen) => Found> = {
  key: ({ key_used }) => ({ done: key_used !== undefined, note: key_used ?? '' }),
  bridge: bridgeFound,
  gateway: gatewayFound,
  stream: ({ streaming, here }) => ({
    done: streaming,
    note: !streaming && here === true ? 'It calls from time to time, without a stream.' : '',
  }),
  test: ({ test }) => testFound(test),
}

export function stepsOf(way: Way, seen: Seen): Step[] {
  let current_found = false
  return ORDER[way].map((id) => {
    const { done, note, warned = false } = FINDERS[id](seen)
    const state = done ? 'done' : current_found ? 'later' : 'current'
    if (!done) current_found = true
    return { id, state, title: TITLES[id][done ? 1 : 0], note, warned }
  })
}

function bridgeFound({ client, here }: Seen): Found {
  if (!client) return { done: false, note: '' }
  const name = `${client.name} ${client.version}`
  if (here === false) return { done: false, note: `${name} was here before, and is not connected now.` }
  if (client.state === 'degraded')
    return { done: true, note: `${name}, degraded: ${degradedReason({ client })}`, warned: true }
  return { done: true, note: `${name}, ${WAKE_WORDS[client.wake]}` }
}

function gatewayFound(seen: Seen): Found {
  const gateway = seen.client?.gateway
  if (!gateway || !bridgeFound(seen).done) return { done: false, note: '' }
  if (!gateway.connected) return { done: false, note: `OpenClaw ${gateway.version} is not connected now.` }
  return { done: true, note: `OpenClaw ${gateway.version}` }
}

function testFound(test: TestResult): Found {
  switch (test.is) {
    case 'unsent':
      return { done: false, note: '' }
    case 'waiting':
      return { done: false, note: 'Sent. Waiting for the answer.' }
    case 'failed':
      return { done: false, note: test.reason, warned: true }
    case 'answered':
      return { done: true, note: `The answer came after ${(test.took_ms / 1000).toFixed(1)} s.` }
  }
}
