import type { User } from '@contracts/resources.ts'
import { t } from '../../i18n/index.ts'
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

const FINDERS: Record<StepId, (seen: Seen) => Found> = {
  key: ({ key_used }) => ({ done: key_used !== undefined, note: key_used ?? '' }),
  bridge: bridgeFound,
  gateway: gatewayFound,
  stream: ({ streaming, here }) => ({
    done: streaming,
    note: !streaming && here === true ? t('agents.step.stream.calls') : '',
  }),
  test: ({ test }) => testFound(test),
}

export function stepsOf(way: Way, seen: Seen): Step[] {
  let current_found = false
  return ORDER[way].map((id) => {
    const { done, note, warned = false } = FINDERS[id](seen)
    const state = done ? 'done' : current_found ? 'later' : 'current'
    if (!done) current_found = true
    return { id, state, title: t(`agents.step.${id}.${done ? 'done' : 'open'}`), note, warned }
  })
}

function bridgeFound({ client, here }: Seen): Found {
  if (!client) return { done: false, note: '' }
  const name = `${client.name} ${client.version}`
  if (here === false) return { done: false, note: t('agents.step.bridge.before', { client: name }) }
  if (client.state === 'degraded')
    return {
      done: true,
      note: t('agents.step.bridge.degraded', { client: name, reason: degradedReason({ client }) }),
      warned: true,
    }
  return { done: true, note: t('agents.step.bridge.found', { client: name, wakes: WAKE_WORDS[client.wake] }) }
}

function gatewayFound(seen: Seen): Found {
  const gateway = seen.client?.gateway
  if (!gateway || !bridgeFound(seen).done) return { done: false, note: '' }
  const { version } = gateway
  if (!gateway.connected) return { done: false, note: t('agents.step.gateway.not_connected', { version }) }
  return { done: true, note: t('agents.step.gateway.found', { version }) }
}

function testFound(test: TestResult): Found {
  switch (test.is) {
    case 'unsent':
      return { done: false, note: '' }
    case 'waiting':
      return { done: false, note: t('agents.step.test.waiting') }
    case 'failed':
      return { done: false, note: test.reason, warned: true }
    case 'answered':
      return { done: true, note: t('agents.step.test.answered', { seconds: test.took_ms / 1000 }) }
  }
}
