import { describe, expect, test } from 'bun:test'
import { type ScimPatchOperation, scimPatch } from 'scim-patch'
import { patched } from '../../../../src/domain/scim/patch.ts'
import { ScimRefusal } from '../../../../src/domain/scim/refusal.ts'
import { GROUP_SHAPE } from '../../../../src/domain/scim/role-groups.ts'
import { USER_SHAPE } from '../../../../src/domain/scim/user.ts'
import { type Json, RFC_USER } from '../../../support/scim.ts'

const BABS = { display: 'Babs Jensen', $ref: 'https://example.com/v2/Users/2819c223', value: '2819c223' }
const JAMES = { display: 'James Smith', $ref: 'https://example.com/v2/Users/08e1d05d', value: '08e1d05d' }
const GROUP = { schemas: [], id: 'acbf3ae7', displayName: 'Tour Guides', members: [JAMES] }
const ADDRESS = { type: 'work', streetAddress: '911 Universal City Plaza', locality: 'Hollywood' }
const PERSON = { ...RFC_USER, addresses: [ADDRESS, { type: 'home', streetAddress: '456 Hollywood Blvd' }] }

const user = (...Operations: Json[]) => patched(PERSON, { Operations }, USER_SHAPE) as Json
const group = (...Operations: Json[]) => patched(GROUP, { Operations }, GROUP_SHAPE) as Json

function refusal(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof ScimRefusal ? error.scim_type : error
  }
}

/** The operations of RFC 7644, section 3.5.2, on its User and its Group. */
const OF_GROUP: [name: string, operations: Json[], members: Json[] | undefined][] = [
  ['a member is added', [{ op: 'add', path: 'members', value: [BABS] }], [JAMES, BABS]],
  ['all members are removed', [{ op: 'remove', path: 'members' }], undefined],
  ['one member is removed', [{ op: 'remove', path: `members[value eq "${JAMES.value}"]` }], undefined],
  [
    'one is removed and another added',
    [
      { op: 'remove', path: `members[value eq "${JAMES.value}"]` },
      { op: 'add', path: 'members', value: [BABS] },
    ],
    [BABS],
  ],
  ['all members are replaced', [{ op: 'replace', path: 'members', value: [BABS, JAMES] }], [BABS, JAMES]],
]

const OF_USER: [name: string, operations: Json[], expected: Json][] = [
  [
    'attributes are added without a path',
    [{ op: 'add', value: { title: 'Guide', nickName: 'Barbie' } }],
    { title: 'Guide', nickName: 'Barbie' },
  ],
  [
    'values are removed by a filter',
    [{ op: 'remove', path: 'emails[type eq "work" and value ew "example.com"]' }],
    { emails: [{ value: 'babs@jensen.org', type: 'home' }] },
  ],
  [
    'a sub-attribute of one value is replaced',
    [{ op: 'replace', path: 'addresses[type eq "work"].streetAddress', value: '1010 Broadway Ave' }],
    { addresses: [{ ...ADDRESS, streetAddress: '1010 Broadway Ave' }, PERSON.addresses[1] as Json] },
  ],
  [
    'attributes are replaced without a path',
    [
      {
        op: 'replace',
        value: { emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }], nickName: 'Babs' },
      },
    ],
    { emails: [{ value: 'bjensen@example.com', type: 'work', primary: true }], nickName: 'Babs' },
  ],
  [
    'a sub-attribute is replaced',
    [{ op: 'replace', path: 'name.familyName', value: 'Jansen' }],
    {
      name: { ...RFC_USER.name, familyName: 'Jansen' },
    },
  ],
]

describe('a PATCH of the RFC', () => {
  test.each(OF_GROUP)('on the Group: %s', (_, operations, members) => {
    expect(group(...operations).members).toEqual(members)
  })

  test.each(OF_USER)('on the User: %s', (_, operations, expected) => {
    expect(user(...operations)).toMatchObject(expected)
  })

  test.each([
    ...OF_GROUP.map(([name, operations]) => [name, GROUP, operations] as const),
    ...OF_USER.map(([name, operations]) => [name, PERSON, operations] as const),
  ])('does what scim-patch does: %s', (_, resource: Json, operations) => {
    const theirs = scimPatch(
      structuredClone(resource) as never,
      structuredClone(operations) as ScimPatchOperation[],
    ) as Json
    const shape = resource === GROUP ? GROUP_SHAPE : USER_SHAPE
    const ours = patched(resource, { Operations: operations }, shape) as Json
    // An attribute without values is left out here, and an empty list there.
    if (Array.isArray(theirs.members) && theirs.members.length === 0) delete theirs.members
    expect(ours).toEqual(theirs)
  })

  test('leaves the resource itself as it was', () => {
    const before = structuredClone(GROUP)
    group({ op: 'remove', path: 'members' })
    expect(GROUP).toEqual(before)
  })
})

describe('a PATCH as providers send it', () => {
  test('with another case of its words, and of names', () => {
    expect(user({ op: 'Replace', path: 'ACTIVE', value: 'False' }).active).toBe('False')
    expect(user({ op: 'Add', path: 'DisplayName', value: 'B. Jensen' }).displayName).toBe('B. Jensen')
  })

  test('with paths as keys of its value', () => {
    const done = user({ op: 'replace', value: { 'name.givenName': 'Barb', active: false } })
    expect(done).toMatchObject({ name: { givenName: 'Barb', familyName: 'Jensen' }, active: false })
  })

  test('with the URN of a schema before its attributes, and with those of others', () => {
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
    const done = user(
      { op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:displayName', value: 'BJ' },
      { op: 'add', value: { [enterprise]: { department: 'Tours' } } },
    )
    expect(done.displayName).toBe('BJ')
  })

  test('with the members to remove as a value', () => {
    const both = patched(
      { ...GROUP, members: [BABS, JAMES] },
      { Operations: [{ op: 'Remove', path: 'members', value: [{ value: JAMES.value }] }] },
      GROUP_SHAPE,
    ) as Json
    expect(both.members).toEqual([BABS])
  })

  test('adds nobody twice, and a value where its filter fits none', () => {
    expect(group({ op: 'add', path: 'members', value: [{ value: JAMES.value }] }).members).toEqual([JAMES])
    const done = user({ op: 'add', path: 'emails[type eq "other"].value', value: 'b@example.org' })
    expect(done.emails.at(-1)).toEqual({ type: 'other', value: 'b@example.org' })
  })

  test('with a new primary value takes that from the others', () => {
    const value = [{ value: 'new@example.com', primary: true }]
    const { emails } = user({ op: 'add', path: 'emails', value })
    expect(emails.filter((one: Json) => one.primary === true)).toEqual(value)
  })

  test('with null removes', () => {
    expect('title' in user({ op: 'replace', path: 'title', value: null })).toBe(false)
  })

  test.each([
    ['invalidSyntax', {}],
    ['invalidSyntax', { Operations: [] }],
    ['invalidSyntax', { Operations: ['add'] }],
    ['invalidSyntax', { Operations: [{ op: 'move', path: 'title' }] }],
    ['noTarget', { Operations: [{ op: 'remove' }] }],
    ['invalidPath', { Operations: [{ op: 'remove', path: 'emails[' }] }],
    ['invalidPath', { Operations: [{ op: 'remove', path: 7 }] }],
    ['invalidPath', { Operations: [{ op: 'replace', path: 'title[type eq "x"]', value: 1 }] }],
    ['invalidValue', { Operations: [{ op: 'add', path: 'title' }] }],
    ['invalidValue', { Operations: [{ op: 'add', value: 'title' }] }],
    ['mutability', { Operations: [{ op: 'replace', path: 'id', value: 'x' }] }],
    ['mutability', { Operations: [{ op: 'replace', value: { meta: {} } }] }],
    ['noTarget', { Operations: [{ op: 'replace', path: 'emails[type eq "fax"].value', value: 'x' }] }],
    ['tooMany', { Operations: Array.from({ length: 1_001 }, () => ({ op: 'remove', path: 'title' })) }],
  ])('is refused: %s', (type, body) => {
    expect(refusal(() => patched(PERSON, body, USER_SHAPE))).toBe(type)
  })

  test('does not reach beyond the resource', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": true}}')
    expect(refusal(() => user({ op: 'add', value: hostile }))).toBe('invalidPath')
    const inside = user({ op: 'add', path: 'name', value: hostile })
    expect(Object.getPrototypeOf(inside.name)).toBe(Object.prototype)
    expect(refusal(() => user({ op: 'add', path: '__proto__.polluted', value: true }))).toBe('invalidPath')
    expect(({} as Json).polluted).toBeUndefined()
  })
})
