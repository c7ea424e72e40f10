import { describe, expect, test } from 'bun:test'
import {
  commandOptions,
  knownCommands,
  mayRead,
  mentionOptions,
  triggerAt,
} from '../src/components/chat/completion.ts'
import { AGENT, channel, ME, OTHER, user } from './support/samples.ts'

describe('what opens the list', () => {
  test.each([
    ['@', 1, { kind: 'mention', query: '', from: 0 }],
    ['hi @Pr', 6, { kind: 'mention', query: 'pr', from: 3 }],
    ['hi @pr there', 6, { kind: 'mention', query: 'pr', from: 3 }],
    ['/he', 3, { kind: 'command', query: 'he', from: 0 }],
    ['me@pr', 5, undefined],
    ['hi @pr ', 7, undefined],
    ['say /he', 7, undefined],
    ['/help me', 8, undefined],
    ['https://x/@y', 12, undefined],
  ] as const)('%j at %d', (text, caret, expected) => {
    expect(triggerAt(text, caret)).toEqual(expected)
  })
})

describe('who is offered for an @', () => {
  const project = channel({ type: 'project', project_id: 'p1' })
  const members = [
    user({ id: '1', username: 'priya', display_name: 'Priya Shah' }),
    user({ id: '2', username: 'marta', display_name: 'Marta Prado', role: 'administrator' }),
    user({
      id: AGENT,
      username: 'probe',
      display_name: 'probe',
      type: 'agent',
      assigned_project_ids: ['p1'],
    }),
    user({ id: '4', username: 'prue', display_name: 'Prue Gone', status: 'deactivated' }),
    user({ id: '5', username: 'ines', display_name: 'Ines' }),
  ]

  test('those whose username, name or later name begins with it', () => {
    expect(mentionOptions(members, channel(), 'pr').map((option) => option.user.username)).toEqual([
      'priya',
      'probe',
      'marta',
    ])
  })

  test('who cannot read the channel comes last, with the reason', () => {
    const options = mentionOptions(members, project, 'pr')
    expect(options.map((option) => [option.user.username, option.reason !== undefined])).toEqual([
      ['probe', false],
      ['marta', false],
      ['priya', true],
    ])
  })

  test('the matching part of the name is marked', () => {
    const [priya, , marta] = mentionOptions(members, channel(), 'pr')
    expect(priya?.match).toEqual([0, 2])
    expect(marta?.match).toEqual([6, 8])
  })

  test('signs that mean something elsewhere are only letters here', () => {
    expect(mentionOptions(members, channel(), '.*')).toEqual([])
    expect(
      mentionOptions([user({ display_name: 'a (b)', username: 'ab' })], channel(), 'a (')[0]?.match,
    ).toEqual([0, 3])
  })

  test('a project channel is read by its people and by administrators', () => {
    expect(mayRead(user(), project)).toBe(false)
    expect(mayRead(user({ role: 'administrator' }), project)).toBe(true)
    expect(mayRead(user({ assigned_project_ids: ['p1'] }), project)).toBe(true)
    expect(mayRead(user(), channel())).toBe(true)
    expect([ME, OTHER]).not.toContain(AGENT)
  })
})

test('the commands that are known in the channel are offered', () => {
  const alone = knownCommands([], { type: 'org_wide', project_id: null })
  expect(alone.map(({ name }) => name)).toEqual(['help'])
  const forge = {
    ...user({ id: AGENT, type: 'agent', role: 'administrator' }),
    commands: [{ name: 'deploy', description: 'Ships a branch', args_hint: '<branch>' }],
  }
  const known = knownCommands([forge], { type: 'org_wide', project_id: null })
  expect(commandOptions(known, 'he')[0]?.name).toBe('help')
  expect(commandOptions(known, 'dep')[0]?.what).toContain('<branch>: Ships a branch')
  expect(commandOptions(known, '')).toHaveLength(8)
  expect(
    commandOptions(known, '')
      .map(({ name }) => name)
      .slice(0, 3),
  ).toEqual(['help', 'deploy', 'status'])
  expect(commandOptions(known, 'x')).toEqual([])
  const elsewhere = knownCommands([{ ...forge, role: 'contributor' as const }], {
    type: 'project',
    project_id: 'p',
  })
  expect(commandOptions(elsewhere, 'dep')).toEqual([])
})
