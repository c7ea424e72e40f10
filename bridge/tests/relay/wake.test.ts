import { describe, expect, test } from 'bun:test'
import { WAKE_RULES, type WakeRule } from '../../src/config/config.ts'
import { type Waker, wakeOf } from '../../src/relay/wake.ts'
import {
  eventOf,
  GENERAL,
  JANE,
  ME,
  me,
  message,
  OTHER_AGENT,
  PROJECT,
  PROJECT_CHANNEL,
  scout,
  subAgent,
  task,
} from '../support/samples.ts'

const OWN_MESSAGE = '0197a5d2-0005-7000-8000-000000000777'
const OTHER_PROJECT = '0197a5d2-0003-7000-8000-000000000002'
const general = { id: GENERAL, name: 'general', project_id: null }
const apollo = { id: PROJECT_CHANNEL, name: 'apollo', project_id: PROJECT }
const other = { id: 'other', name: 'other', project_id: OTHER_PROJECT }

function waker(wake: WakeRule, change: Partial<Waker> = {}): Waker {
  const channels = [general, apollo, other]
  return {
    user_id: ME,
    wake,
    isAssigned: (project_id) => project_id === PROJECT,
    channel: (id) => channels.find((channel) => channel.id === id),
    channelOfProject: (id) => channels.find(({ project_id }) => project_id === id),
    orgWide: () => general,
    isOwn: (id) => id === OWN_MESSAGE,
    ...change,
  }
}

/** Under which rules a message wakes. */
function rulesFor(change: Parameters<typeof message>[0]): WakeRule[] {
  const event = eventOf('message.created', { message: message(change) })
  return WAKE_RULES.filter((rule) => wakeOf(event, waker(rule)) !== undefined)
}

const ALL = [...WAKE_RULES]

describe('B28 messages', () => {
  const elsewhere = { channel_id: 'other' }
  const in_project = { channel_id: PROJECT_CHANNEL }
  test.each<[string, Parameters<typeof message>[0], WakeRule[]]>([
    ['of a person', {}, ['all']],
    ['of a person in an assigned project', in_project, ['project', 'all']],
    ['of a person in another project', elsewhere, ['all']],
    ['that mention the agent', { mentions: [ME] }, ALL],
    ['that mention somebody else', { mentions: [OTHER_AGENT] }, ['all']],
    ['that answer the agent', { reply_to: OWN_MESSAGE }, ALL],
    ['that answer somebody else', { reply_to: 'another' }, ['all']],
    ['that left the agent out', { ignored_mentions: [ME], reply_to: OWN_MESSAGE, mentions: [ME] }, []],
    ['that left another agent out', { ignored_mentions: [OTHER_AGENT], mentions: [ME] }, ALL],
    ['of the agent itself', { sender: me, mentions: [ME] }, []],
    ['of another agent', { ...in_project, sender: scout }, []],
    ['of another agent that answer the agent', { sender: scout, reply_to: OWN_MESSAGE }, []],
    ['of another agent that mention the agent', { sender: scout, mentions: [ME] }, ALL],
    ['of a sub-agent', { sender: { ...scout, type: 'sub_agent' } }, []],
    [
      'of a sub-agent that mention the agent',
      { sender: { ...scout, type: 'sub_agent' }, mentions: [ME] },
      ALL,
    ],
    ['of the server', { sender: { id: null, type: 'system', display_name: 'x' }, mentions: [ME] }, []],
    ['that are commands', { kind: 'command', mentions: [ME] }, []],
    ['that are outputs of commands', { kind: 'command_output', mentions: [ME], sender: scout }, []],
    ['of the kind system', { kind: 'system', mentions: [ME] }, []],
  ])('%s', (_, change, rules) => {
    expect(rulesFor(change)).toEqual(rules)
  })

  test('a message comes with its channel', () => {
    const sent = message({ mentions: [ME], channel_id: PROJECT_CHANNEL })
    const wake = wakeOf(eventOf('message.created', { message: sent }), waker('mention'))
    expect(wake).toEqual({ kind: 'message', channel: apollo, message: sent })
  })

  test('one in a channel that the agent does not read, or whose text is gone, asks nothing', () => {
    const sent = message({ mentions: [ME] })
    const blind = waker('all', { channel: () => undefined })
    expect(wakeOf(eventOf('message.created', { message: sent }), blind)).toBeUndefined()
    const { id, channel_id, seq } = sent
    const tombstone = eventOf('message.created', { message: { id, channel_id, seq, removed: true } })
    expect(wakeOf(tombstone, waker('all'))).toBeUndefined()
  })
})

describe('B31 commands', () => {
  const command = {
    command: 'status',
    args: '',
    channel_id: GENERAL,
    message_id: 'm1',
    seq: 3,
    sender: { id: JANE, type: 'human', display_name: 'Jane' },
    target_agent_ids: [OTHER_AGENT, ME],
  } as const

  test('one for the agent is a command, whatever its rule', () => {
    const event = eventOf('command.invoked', { ...command, target_agent_ids: [OTHER_AGENT, ME] })
    for (const rule of WAKE_RULES)
      expect(wakeOf(event, waker(rule))).toMatchObject({ kind: 'command', channel: general })
  })

  test('one for others, or of an unknown channel, is none', () => {
    const others = eventOf('command.invoked', { ...command, target_agent_ids: [OTHER_AGENT] })
    expect(wakeOf(others, waker('all'))).toBeUndefined()
    const hidden = eventOf('command.invoked', { ...command, channel_id: 'x', target_agent_ids: [ME] })
    expect(wakeOf(hidden, waker('all'))).toBeUndefined()
  })
})

describe('B30 notices', () => {
  const wake = (event: ReturnType<typeof eventOf>, change: Partial<Waker> = {}) =>
    wakeOf(event, waker('mention', change))
  const in_project = { project_ids: [PROJECT] }

  test('an assignment is told in the channel of the task', () => {
    const event = eventOf('task.assigned', { task: task(), user_id: ME }, in_project)
    expect(wake(event)).toMatchObject({ kind: 'notice', channel: apollo, notice: { type: 'assigned' } })
    expect(wake(eventOf('task.assigned', { task: task(), user_id: JANE }, in_project))).toBeUndefined()
  })

  test('the first project whose channel the agent reads counts; without one the channel of everybody', () => {
    const payload = { task: task(), user_id: ME }
    const hidden = eventOf('task.assigned', payload, { project_ids: ['hidden', OTHER_PROJECT, PROJECT] })
    expect(wake(hidden)?.channel).toBe(other)
    expect(wake(eventOf('task.assigned', payload))?.channel).toBe(general)
    expect(wake(eventOf('task.assigned', payload), { orgWide: () => undefined })).toBeUndefined()
  })

  test('moves and the end of a blockade concern the assignees', () => {
    const moved = { from_status: 'backlog', to_status: 'in-progress', comment: null } as const
    for (const [assignee_ids, kind] of [
      [[ME], 'notice'],
      [[JANE], undefined],
    ] as const) {
      const of = task({ assignee_ids: [...assignee_ids] })
      expect(wake(eventOf('task.transitioned', { task: of, ...moved }, in_project))?.kind).toBe(kind)
      expect(wake(eventOf('task.unblocked', { task: of }, in_project))?.kind).toBe(kind)
    }
  })

  test('what the agent did itself is no news to it', () => {
    const own = { ...in_project, actor: me }
    const moved = { from_status: 'backlog', to_status: 'in-progress', comment: null } as const
    for (const event of [
      eventOf('task.assigned', { task: task(), user_id: ME }, own),
      eventOf('task.transitioned', { task: task(), ...moved }, own),
      eventOf('task.unblocked', { task: task() }, own),
      eventOf('sub_agent.terminated', { sub_agent: subAgent(), reason: null }, own),
    ])
      expect(wake(event)).toBeUndefined()
  })

  test('the end of a sub-agent concerns the agent that created it', () => {
    const mine = { sub_agent: subAgent() }
    const foreign = { sub_agent: subAgent({ created_by: JANE }) }
    expect(wake(eventOf('sub_agent.completed', mine, in_project))).toMatchObject({ channel: apollo })
    expect(wake(eventOf('sub_agent.expired', mine, in_project))?.kind).toBe('notice')
    expect(wake(eventOf('sub_agent.terminated', { ...mine, reason: 'Late' }, in_project))?.kind).toBe(
      'notice',
    )
    expect(wake(eventOf('sub_agent.completed', foreign, in_project))).toBeUndefined()
  })

  test('other events ask nothing', () => {
    expect(wake(eventOf('task.created', { task: task() }, in_project))).toBeUndefined()
    expect(wake(eventOf('channel.loop_resumed', { channel_id: GENERAL, reason: 'time' }))).toBeUndefined()
  })
})
