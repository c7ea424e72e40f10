import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import SCIMMY from 'scimmy'
import { equalTo, matches, parseFilter, parsePath } from '../../../../src/domain/scim/filter.ts'
import { ScimRefusal } from '../../../../src/domain/scim/refusal.ts'
import { RFC_USER } from '../../../support/scim.ts'

const fits = (filter: string, resource = RFC_USER) => matches(parseFilter(filter), resource)

function refusal(text: string): unknown {
  try {
    parseFilter(text)
  } catch (error) {
    return error instanceof ScimRefusal ? error.scim_type : error
  }
  return undefined
}

/** The filters of RFC 7644, section 3.4.2.2, and whether the User of RFC 7643 fits. */
const EXAMPLES: [filter: string, fits: boolean][] = [
  ['userName eq "bjensen"', false],
  ['userName eq "bjensen@example.com"', true],
  [`name.familyName co "O'Malley"`, false],
  ['name.familyName co "Jens"', true],
  ['userName sw "J"', false],
  ['userName sw "B"', true],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B"', true],
  ['urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq "jensen"', true],
  ['title pr', true],
  ['meta.lastModified gt "2011-05-13T04:42:34Z"', false],
  ['meta.lastModified ge "2011-05-13T04:42:34Z"', true],
  ['meta.lastModified ge "2011-05-13T06:42:34+02:00"', true],
  ['meta.lastModified lt "2011-05-13T04:42:34Z"', false],
  ['meta.lastModified le "2011-05-13T04:42:34Z"', true],
  ['title pr and userType eq "Employee"', true],
  ['title pr or userType eq "Intern"', true],
  ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"', false],
  ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', true],
  ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', false],
  ['userType eq "Employee" and (emails.type eq "work")', true],
  ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', true],
  ['emails[type eq "home" and value co "@example.com"]', false],
  ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]', true],
]

describe('a filter', () => {
  test.each(EXAMPLES)('of the RFC: %s', (filter, expected) => {
    expect(fits(filter)).toBe(expected)
  })

  // SCIMMY knows no URNs here, compares with case, and finds no text in a complex attribute itself.
  test.each(EXAMPLES.filter(([filter]) => !/urn:|sw "B"|emails co/.test(filter)))(
    'fits as SCIMMY finds: %s',
    (filter, expected) => {
      expect(new SCIMMY.Types.Filter(filter).match([RFC_USER]).length > 0).toBe(expected)
    },
  )

  test('compares names of attributes, operators and texts without case; ids and addresses with it', () => {
    expect(fits('USERNAME EQ "BJENSEN@EXAMPLE.COM"')).toBe(true)
    expect(fits('Title PR And Not (usertype EQ "x")')).toBe(true)
    expect(fits('id eq "2819C223-7F76-453A-919D-413861904646"')).toBe(false)
    expect(fits(`id eq "${RFC_USER.id}"`)).toBe(true)
  })

  test('knows true, false, null and numbers', () => {
    expect(fits('active eq true')).toBe(true)
    expect(fits('active eq false')).toBe(false)
    expect(fits('active ne false')).toBe(true)
    expect(fits('nothing eq null')).toBe(true)
    expect(fits('active eq null')).toBe(false)
    expect(fits('n ge 2', { n: 2 })).toBe(true)
    expect(fits('n lt 2', { n: 2 })).toBe(false)
    expect(fits('nothing pr')).toBe(false)
    expect(fits('nothing ne "x"')).toBe(true)
  })

  test('binds not before and before or', () => {
    const all = { a: 1, b: 2, c: 3 }
    expect(fits('a eq 1 or b eq 0 and c eq 0', all)).toBe(true)
    expect(fits('(a eq 1 or b eq 0) and c eq 0', all)).toBe(false)
    expect(fits('not (a eq 0) and c eq 3', all)).toBe(true)
    // Names that begin with words of the language.
    expect(fits('order eq 1 and notes eq 2', { order: 1, notes: 2 })).toBe(true)
  })

  test('reads escapes of JSON in its texts', () => {
    expect(fits('title eq "a \\"b\\" \\u00e9"', { title: 'a "b" é' })).toBe(true)
  })

  test.each([
    '',
    'userName',
    'userName eq',
    'userName eq bjensen',
    'userName xx "b"',
    'userName eq "b',
    '(userName eq "b"',
    'userName eq "b")',
    'userName eq "b" and',
    'emails[type eq "work"',
    'userName eq "\\x"',
    '; drop table users',
    `${'('.repeat(100)}a eq 1${')'.repeat(100)}`,
    `a eq "${'x'.repeat(3_000)}"`,
    'userName eq "a\\u0000b"',
    'userName eq "\\ud800"',
    'userName co "\\udc00x"',
  ])('that cannot be read is refused: %s', (text) => {
    expect(refusal(text)).toBe('invalidFilter')
  })

  test('that orders what has no order is refused', () => {
    expect(() => fits('active gt true')).toThrow('cannot be said')
  })

  test('of any text is read or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab."() []eqornot1\\'), maxLength: 60 }), (text) => {
        const refused = refusal(text)
        expect(refused === undefined || refused === 'invalidFilter').toBe(true)
      }),
    )
  })

  test('tells the text that an attribute must be equal to', () => {
    const of = (filter: string, attribute: string) => equalTo(parseFilter(filter), attribute)
    expect(of('userName eq "a"', 'username')).toBe('a')
    expect(of('active eq true and externalId eq "7"', 'externalId')).toBe('7')
    expect(of('userName eq "a" or active eq true', 'userName')).toBeUndefined()
    expect(of('not (userName eq "a")', 'userName')).toBeUndefined()
    expect(of('name.userName eq "a"', 'userName')).toBeUndefined()
    expect(of('name.userName eq "a"', 'name')).toBeUndefined()
  })
})

test('a path has an attribute, a filter and a sub-attribute', () => {
  expect(parsePath('members')).toEqual({ attribute: 'members', sub: undefined, filter: undefined })
  expect(parsePath('name.familyName')).toEqual({ attribute: 'name', sub: 'familyName', filter: undefined })
  expect(parsePath('urn:ietf:params:scim:schemas:core:2.0:User:name.familyName')).toMatchObject({
    attribute: 'name',
    sub: 'familyName',
  })
  expect(parsePath('addresses[type eq "work"]')).toMatchObject({
    attribute: 'addresses',
    sub: undefined,
    filter: { op: 'eq', value: 'work' },
  })
  expect(parsePath('emails[type eq "work" and value ew "example.com"].display')).toMatchObject({
    attribute: 'emails',
    sub: 'display',
    filter: { op: 'and' },
  })
  for (const text of ['', '[a eq 1]', 'a[b eq 1', 'a b', 'a[]'])
    expect(() => parsePath(text), text).toThrow(ScimRefusal)
})
