import { describe, expect, test } from 'bun:test'
import type { EventEnvelope } from '../../src/contracts/events.ts'
import { EVENTS } from '../../src/contracts/events.ts'
import { EVENT_TYPES } from '../../src/contracts/vocabulary.ts'
import { sampleOf } from '../../tests/support/samples.ts'
import { EVENT_KINDS, iconOf } from '../src/components/events/event-kinds.ts'
import { asText, sentence } from '../src/components/events/event-words.ts'
import { de } from '../src/i18n/de/index.ts'
import { en } from '../src/i18n/en/index.ts'
import { setMessages } from '../src/i18n/index.ts'
import {
  AGENT,
  CHANNEL,
  event,
  ME,
  message,
  NOON,
  OTHER,
  org,
  project,
  task,
  user,
} from './support/samples.ts'

const names = {
  user: (id: string) => ({ [ME]: 'Ines', [OTHER]: 'Mei', [AGENT]: 'forge' })[id] ?? 'a former member',
  channel: () => 'general',
}
const said = (of: unknown, it?: string) =>
  asText(sentence(of as EventEnvelope, it === undefined ? names : { ...names, it }))

describe('the sentence of an event', () => {
  test('names what happened to what', () => {
    const moved = event('task.transitioned', {
      task: task(1, { title: 'Resume uploads' }),
      from_status: 'in-progress',
      to_status: 'in-review',
      comment: '318 is ready',
    })
    expect(said(moved)).toBe('moved Resume uploads from In progress to In review: “318 is ready”')
    expect(said(moved, task(1).id)).toBe('moved it from In progress to In review: “318 is ready”')
    const stage = event('project.transitioned', {
      project: project({ name: 'Offline sync' }),
      from_stage: 'poc',
      to_stage: 'development',
      comment: null,
    })
    expect(said(stage)).toBe('moved Offline sync from Proof of concept to Development')
    expect(said(event('task.assigned', { task: task(1, { title: 'Clock' }), user_id: AGENT }))).toBe(
      'assigned forge to Clock',
    )
    expect(
      said(event('user.role_changed', { user: user(), from_role: 'contributor', to_role: 'administrator' })),
    ).toBe('made Mei Lindqvist an administrator')
    expect(said(event('org.updated', { org: org({ name: 'Field' }) }))).toBe(
      'renamed the organization to Field',
    )
  })

  test('names a sub-agent, and whose act its end was', () => {
    const sub_agent = {
      ...{
        id: OTHER,
        task_id: task(1).id,
        host_agent_id: null,
        model: 'fake-1',
        display_name: 'Sub-agent 7',
      },
      ...{ status: 'completed' as const, created_by: ME, created_at: NOON, expires_at: NOON },
      ...{ seconds_remaining: 0, summary: '12 crates', ended_at: NOON },
    }
    expect(said(event('sub_agent.created', { sub_agent, project_ids: [] }))).toBe(
      'spawned the sub-agent Sub-agent 7, model fake-1',
    )
    const itself = { id: OTHER, type: 'sub_agent' as const, display_name: 'Sub-agent 7' }
    const completed = event('sub_agent.completed', { sub_agent })
    expect(said({ ...completed, actor: itself })).toBe('completed its work: “12 crates”')
    expect(said(completed)).toBe('completed the sub-agent Sub-agent 7: “12 crates”')
    expect(said(event('sub_agent.terminated', { sub_agent, reason: 'By hand' }))).toBe(
      'terminated the sub-agent Sub-agent 7: “By hand”',
    )
    expect(said(event('sub_agent.expired', { sub_agent }))).toBe(
      'ended the sub-agent Sub-agent 7: its time was over',
    )
  })

  test('names the blocker of a dependency and the end of a former key', () => {
    const blocker = task(1, { id: OTHER, title: 'Index' })
    const waiting = task(1, {
      title: 'Resume',
      blocked_by: [{ id: OTHER, title: 'Index', status: 'backlog' }],
    })
    expect(said(event('task.dependency_added', { task: waiting, blocked_by_id: blocker.id }))).toBe(
      'let Resume wait for Index',
    )
    const key = { id: OTHER, prefix: 'mc_ak_live_2Rk' }
    expect(said(event('api_key.rotated', { user_id: AGENT, key, ending: [] }))).toBe('made a key for forge')
    const ending = [{ id: OTHER, ends_at: NOON }]
    expect(said(event('api_key.rotated', { user_id: AGENT, key, ending }))).toBe(
      'rotated the key of forge; the former one ended at once',
    )
  })

  test('says where somebody wrote, and whom it mentions', () => {
    const first = event('message.created', { message: message(1, { mentions: [ME, AGENT] }) })
    expect(said(first)).toBe('wrote in general, mentions Ines, forge')
    const reply = event('message.created', { message: message(2, { reply_to: OTHER }) })
    expect(said(reply)).toBe('wrote in general, in reply')
    const removed = { id: OTHER, channel_id: CHANNEL, seq: 3, removed: true as const }
    expect(said(event('message.created', { message: removed }))).toBe('wrote in general, removed since')
  })

  test('sets names and typed text apart from the words', () => {
    const ran = event('command.invoked', {
      command: 'deploy',
      args: 'main now',
      channel_id: CHANNEL,
      message_id: OTHER,
      seq: 1,
      sender: { id: ME, type: 'human', display_name: 'Ines' },
      target_agent_ids: [],
    }) as EventEnvelope
    expect(sentence(ran, names)).toEqual(['ran ', { code: '/deploy main now' }, ' in ', { name: 'general' }])
  })

  test('cuts what somebody wrote at length', () => {
    const long = event('task.transitioned', {
      task: task(1, { title: 'A' }),
      from_status: 'backlog',
      to_status: 'complete',
      comment: 'x'.repeat(2_000),
    })
    expect(said(long).length).toBeLessThan(200)
  })

  test('stands in the order of its language', () => {
    setMessages(de)
    const assigned = event('task.assigned', { task: task(1, { title: 'Clock' }), user_id: AGENT })
    expect(sentence(assigned as EventEnvelope, names)).toEqual([
      'wies ',
      { name: 'Clock' },
      ' an ',
      { name: 'forge' },
      ' zu',
    ])
    const wrote = event('message.created', { message: message(1, { mentions: [ME, AGENT] }) })
    expect(said(wrote)).toBe('schrieb in general, erwähnt Ines, forge')
    setMessages(en)
  })

  test('of a type that this page does not know is its name', () => {
    expect(said({ ...event('task.created', { task: task(1) }), type: 'task.cloned' })).toBe('task cloned')
  })

  test('in the history of a task leaves the task out', () => {
    const at = { task_id: task(1).id }
    const updated = event('task.updated', { task: task(1), changed: ['required_evidence_types'] }, at)
    const in_history = { ...names, it: at.task_id }
    expect(asText(sentence(updated as EventEnvelope, in_history))).toBe('changed required evidence types')
  })
})

test('every event type belongs to a kind with a glyph', () => {
  expect(EVENT_KINDS.flatMap(({ types }) => types).toSorted()).toEqual([...EVENT_TYPES].toSorted())
  for (const type of EVENT_TYPES) expect(iconOf(type)).not.toBe('events')
})

test.each(EVENT_TYPES)('%s has a sentence of its own', (type) => {
  const one = sampleOf(EVENTS[type]!)
  const text = said(one)
  expect(text.trim()).not.toBe('')
  expect(text).not.toBe(type.replaceAll(/[._]/g, ' '))
  expect(text).not.toMatch(/undefined|null|NaN|\[object|Invalid Date/)
})
