import { describe, expect, test } from 'bun:test'
import type { User } from '../../src/contracts/resources.ts'
import { mayRead } from '../src/components/chat/completion.ts'
import { leaveOutOf, type WakeDraft, wakesOf } from '../src/components/chat/wakes.ts'
import { channel, NOON, PROJECT, user } from './support/samples.ts'

type WakeRule = NonNullable<User['client']>['wake']

function agent(username: string, rest: Partial<User> = {}, wake?: WakeRule): User {
  const client = {
    name: 'mc-bridge',
    version: '1.0.0',
    state: 'ready' as const,
    detail: null,
    gateway: null,
    reported_at: NOON,
  }
  return user({
    id: `id-${username}`,
    type: 'agent',
    username,
    display_name: username,
    ...(wake === undefined ? {} : { client: { ...client, wake } }),
    ...rest,
  })
}

const forge = agent('forge', { former_usernames: [{ username: 'smith', found_until: NOON }] }, 'mention')
const probe = agent('probe', { commands: [{ name: 'ship', description: 'Ships' }] })
const atlas = agent('atlas', { assigned_project_ids: [PROJECT] }, 'project')
const echo = agent('echo', {}, 'all')
const outside = agent('outside')
const ines = user({ id: 'id-ines', username: 'ines' })

const room = channel()
const project_room = channel({ type: 'project', project_id: PROJECT })

interface Place {
  in?: typeof room
  agents?: User[]
}

function wakes(draft: Partial<WakeDraft>, place: Place = {}) {
  const members = [ines, outside, ...(place.agents ?? [forge, probe])]
  const of_channel = place.in ?? room
  return wakesOf(
    { content: '', reply_author_id: null, leave_out: [], ...draft },
    {
      channel: of_channel,
      agents: place.agents ?? [forge, probe],
      byUsername: new Map(
        members.flatMap((one) =>
          [one, ...(one.former_usernames ?? [])].map(({ username }) => [username, one] as const),
        ),
      ),
      mayRead: (one) => one !== outside && mayRead(one, { ...of_channel, type: 'org_wide' }),
    },
  )
}
const woken = (...args: Parameters<typeof wakes>) =>
  wakes(...args).flatMap(({ agent: { username }, why, left_out }) => (left_out ? [] : [`${username} ${why}`]))

describe('a text wakes', () => {
  test('the agents that it mentions, in the order of the text, by the grammar of the server', () => {
    expect(woken({ content: 'hi @probe, @Forge.' })).toEqual(['probe mention', 'forge mention'])
    expect(woken({ content: 'hi @smith' })).toEqual(['forge mention'])
    expect(woken({ content: '`@forge` forge@probe.example https://x.example/@forge \\@forge' })).toEqual([])
    expect(woken({ content: '@ines @outside @nobody' })).toEqual([])
    expect(woken({ content: '   ' })).toEqual([])
  })

  test('an agent whose message it answers', () => {
    expect(woken({ content: 'thanks', reply_author_id: forge.id })).toEqual(['forge reply'])
    expect(woken({ content: 'thanks', reply_author_id: ines.id })).toEqual([])
    expect(woken({ content: 'thanks @forge', reply_author_id: forge.id })).toEqual(['forge mention'])
  })

  test('agents whose client wakes on more than mentions', () => {
    const agents = [atlas, echo, forge]
    expect(woken({ content: 'hello' }, { agents })).toEqual(['echo rule'])
    expect(woken({ content: 'hello' }, { agents, in: project_room })).toEqual(['atlas rule', 'echo rule'])
    expect(woken({ content: 'hello @forge' }, { agents })).toEqual(['forge mention', 'echo rule'])
  })

  test('at most as many as the server notifies', () => {
    const agents = Array.from({ length: 60 }, (_, at) => agent(`agent-${at}`))
    const content = agents.map(({ username }) => `@${username}`).join(' ')
    expect(woken({ content }, { agents })).toHaveLength(50)
  })
})

describe('a command wakes', () => {
  const agents = [echo, forge, probe]

  test('the agents that it mentions, else those that registered it, else all', () => {
    expect(woken({ content: '/status @forge' }, { agents })).toEqual(['forge command'])
    expect(woken({ content: '/ship main' }, { agents })).toEqual(['probe command'])
    expect(woken({ content: '/status' }, { agents })).toEqual([
      'echo command',
      'forge command',
      'probe command',
    ])
  })

  test('nobody when the server answers it itself', () => {
    expect(woken({ content: '/help' }, { agents })).toEqual([])
  })

  test('as a text when no agent knows it', () => {
    expect(woken({ content: '/tmp is full @forge' }, { agents })).toEqual(['forge mention', 'echo rule'])
  })
})

describe('an agent that is left out', () => {
  test('stays in the list and is named to the server, while the text would wake it', () => {
    const leave_out = [forge.id, probe.id]
    const list = wakes({ content: 'hi @forge', leave_out })
    expect(list).toEqual([{ agent: forge, why: 'mention', left_out: true }])
    expect(leaveOutOf(list)).toEqual([forge.id])
    expect(leaveOutOf(wakes({ content: 'hi', leave_out }))).toEqual([])
  })

  test('makes a command without another mention one for the others', () => {
    const list = wakes({ content: '/status @forge', leave_out: [forge.id] })
    expect(list.map(({ agent: { username }, left_out }) => [username, left_out])).toEqual([
      ['forge', true],
      ['probe', false],
    ])
  })
})
