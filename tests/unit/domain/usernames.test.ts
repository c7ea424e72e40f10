import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { LIMITS } from '../../../src/contracts/limits.ts'
import { User } from '../../../src/contracts/resources.ts'
import { isUsername, usernameForm } from '../../../src/contracts/usernames.ts'
import { NameIndex } from '../../../src/domain/names.ts'
import { checkUsernameFree, freeUsername, usernameFrom, withUsername } from '../../../src/domain/usernames.ts'
import { sampleOf } from '../../support/samples.ts'

describe('N5 usernames', () => {
  test.each([
    'ada',
    'иван',
    '王小明',
    '田中さくら',
    '김철수',
    'محمد',
    'दीपक',
    'ขวัญ',
    'weiß',
    'a.b-c_9',
    '123',
    'a'.repeat(40),
  ])('%s is one', (text) => {
    expect(isUsername(text)).toBe(true)
  })

  test.each(['', 'Ada', 'аda', '.a', 'a-', 'a b', 'a/b', 'a\u200cb', '🙂', '@a', 'a'.repeat(41)])(
    '%p is none',
    (text) => {
      expect(isUsername(text)).toBe(false)
    },
  )

  test.each([
    ['Inês Carvalho', 'ines-carvalho'],
    ['Иван Петров', 'ivan-petrov'],
    ['王小明', 'wangxiaoming'],
    ['Łukasz Øre', 'lukasz-ore'],
    ['Weiß', 'weiss'],
    ['محمد', 'mhmd'],
    ['O’Neil', 'oneil'],
    ['🚀 Launch', 'rocket-launch'],
    ['release-scribe', 'release-scribe'],
  ])('of %s: %s', (name, username) => {
    expect(usernameFrom(name)).toBe(username)
  })

  test('what is derived is a username, whatever the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, other) => {
        expect(isUsername(freeUsername(new NameIndex(), [name, other]))).toBe(true)
        const form = usernameForm(name)
        expect(usernameForm(form)).toBe(form)
      }),
    )
  })

  test('a taken or reserved one gets a number, an empty name the next text', () => {
    const taken = new NameIndex()
    taken.set('a', 'ivan-petrov')
    expect(freeUsername(taken, ['Иван Петров'])).toBe('ivan-petrov-2')
    expect(freeUsername(taken, ['System'])).toBe('system-2')
    expect(freeUsername(taken, ['…', 'w.chen'])).toBe('w.chen')
  })

  test('one that looks like another’s is refused, its own is not', () => {
    const taken = new NameIndex()
    taken.set('a', 'coco', 'former')
    for (const name of ['coco', 'сосо', 'former', 'system'])
      expect(() => checkUsernameFree(taken, name, 'b')).toThrow('taken')
    checkUsernameFree(taken, 'former', 'a')
  })
})

describe('N6 a changed username', () => {
  const now = '2026-01-01T00:00:00.000Z'
  const user = sampleOf(User, { username: 'ada' })
  delete user.former_usernames

  test('keeps the one before for a year', () => {
    expect(withUsername(user, 'ada2', now)).toMatchObject({
      username: 'ada2',
      former_usernames: [{ username: 'ada', found_until: '2027-01-01T00:00:00.000Z' }],
    })
    expect(withUsername(user, 'ada', now)).toEqual(user)
  })

  test('goes back without being its own former one', () => {
    const back = withUsername(withUsername(user, 'ada2', now), 'ada', now)
    expect(back.former_usernames?.map(({ username }) => username)).toEqual(['ada2'])
  })

  test('at most ten times to a new one within a year', () => {
    let changed = user
    for (let i = 0; i < 10; i++) changed = withUsername(changed, `ada${i}`, now)
    expect(() => withUsername(changed, 'one-more', now)).toThrow('too often')
    expect(withUsername(changed, 'ada3', now).username).toBe('ada3')
    expect(LIMITS.username_max).toBe(40)
  })
})
