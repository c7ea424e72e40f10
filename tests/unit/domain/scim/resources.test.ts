import { describe, expect, test } from 'bun:test'
import { freeName, NameIndex } from '../../../../src/domain/names.ts'
import { GROUPS, readGroup, rolesFor } from '../../../../src/domain/scim/role-groups.ts'
import { selected } from '../../../../src/domain/scim/selection.ts'
import { addressOf, checkAddress, readUser } from '../../../../src/domain/scim/user.ts'
import { RFC_USER } from '../../../support/scim.ts'

describe('a User that is read', () => {
  test('is the one of the RFC, without what is not kept', () => {
    expect(readUser(RFC_USER)).toEqual({
      user_name: 'bjensen@example.com',
      external_id: '701984',
      formatted: 'Ms. Barbara J Jensen, III',
      given_name: 'Barbara',
      family_name: 'Jensen',
      display_name: 'Babs Jensen',
      emails: ['bjensen@example.com', 'babs@jensen.org'],
      active: true,
    })
  })

  test('has a name from whatever there is', () => {
    const name = { formatted: 'Ms. Jensen', givenName: 'Barbara', familyName: 'Jensen' }
    expect(readUser({ userName: 'b', name, displayName: 'Babs' }).display_name).toBe('Babs')
    expect(readUser({ userName: 'b', name }).display_name).toBe('Ms. Jensen')
    expect(readUser({ userName: 'b', name: { ...name, formatted: '' } }).display_name).toBe('Barbara Jensen')
    expect(readUser({ userName: 'bjensen@example.com' }).display_name).toBe('bjensen')
  })

  test('is invited at its primary address, then at that of work, then at its name', () => {
    const home = { value: 'h@example.com', type: 'home' }
    const work = { value: 'w@example.com', type: 'work' }
    const first = { value: 'p@example.com', primary: true }
    const at = (emails: unknown, userName = 'b') => addressOf(readUser({ userName, emails }))
    expect(at([home, work, first])).toBe('p@example.com')
    expect(at([home, work])).toBe('w@example.com')
    expect(at([home])).toBe('h@example.com')
    expect(at([], 'u@example.com')).toBe('u@example.com')
    expect(() => at(undefined)).toThrow('address')
  })

  test('keeps its address', () => {
    const person = readUser(RFC_USER)
    checkAddress(person, { email: 'BJensen@example.com' })
    checkAddress(readUser({ userName: 'other@example.com' }), { email: 'bjensen@example.com' })
    expect(() => checkAddress(person, { email: 'else@example.com' })).toThrow('its own')
  })

  test.each([
    [{}],
    [{ userName: '' }],
    [{ userName: 7 }],
    [{ userName: 'b', active: 'maybe' }],
    [{ userName: 'b', emails: 'x' }],
    [[]],
    ['x'],
  ])('is refused: %p', (body) => {
    expect(() => readUser(body)).toThrow()
  })
})

describe('roles by groups', () => {
  const members = [
    { id: 'a', role: 'administrator' },
    { id: 'b', role: 'administrator' },
    { id: 'c', role: 'contributor' },
  ] as const

  test('who joins or leaves the administrators changes roles', () => {
    expect(rolesFor(GROUPS.administrator, ['a', 'c'], members)).toEqual({
      administrators: ['c'],
      contributors: ['b'],
    })
    expect(rolesFor(GROUPS.administrator, ['a', 'b'], members)).toEqual({
      administrators: [],
      contributors: [],
    })
  })

  test('who joins the contributors becomes one; nobody leaves them but by joining the administrators', () => {
    expect(rolesFor(GROUPS.contributor, ['a'], members)).toEqual({ administrators: [], contributors: ['a'] })
    expect(rolesFor(GROUPS.contributor, [], members)).toEqual({ administrators: [], contributors: [] })
  })

  test('strangers and other names are refused', () => {
    expect(() => rolesFor(GROUPS.administrator, ['x'], members)).toThrow('no User')
    expect(() => readGroup({ displayName: 'Tour Guides' }, GROUPS.administrator)).toThrow('called')
    expect(readGroup({ members: [{ value: 'A' }, { value: 'a' }, 'b'] }, GROUPS.contributor)).toEqual([
      'a',
      'b',
    ])
  })
})

test('a selection of attributes keeps ids and schemas', () => {
  const { schemas, id, meta, userName, name, displayName } = RFC_USER
  expect(selected(RFC_USER, { attributes: 'userName, name.familyName' })).toEqual({
    ...{ schemas, id, userName, meta },
    name: { familyName: name.familyName },
  })
  const rest = selected(RFC_USER, { excluded: 'emails,name.formatted,ID,displayname' })
  expect(rest).toMatchObject({ schemas, id })
  expect('emails' in rest).toBe(false)
  expect('displayName' in rest).toBe(false)
  expect((rest.name as Record<string, string>).formatted).toBeUndefined()
  expect(displayName).toBeDefined()
})

test('a name that is taken gets an addition, within its bound', () => {
  const names = new NameIndex()
  expect(freeName(names, 'Ana Lima', 'ana')).toBe('Ana Lima')
  names.set('1', 'Ana Lima')
  expect(freeName(names, 'Ana Lima', 'ana', '1')).toBe('Ana Lima')
  expect(freeName(names, 'ANA LIMA', 'ana')).toBe('ANA LIMA (ana)')
  names.set('2', 'Ana Lima (ana)')
  expect(freeName(names, 'Ana Lima', 'ana')).toBe('Ana Lima (3)')
  expect(freeName(names, 'System', '')).toBe('System (2)')
  const long = 'x'.repeat(100)
  names.set('3', long)
  expect(freeName(names, long, 'ana')).toHaveLength(100)
})
