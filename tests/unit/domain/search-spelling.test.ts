import { expect, test } from 'bun:test'
import { respelled, spellableWords, spellingIn, wordsNear } from '../../../src/domain/search-spelling.ts'
import { parseSearch } from '../../../src/domain/search-terms.ts'

test.each([
  ['pipline', 'The pipeline', 'pipeline'],
  ['pipelien', 'The pipeline', 'pipeline'],
  ['pipelline', 'The pipeline', 'pipeline'],
  ['pipekine', 'The PIPELINE', 'pipeline'],
  ['gepruft', 'geprüft', undefined],
  ['geprufft', 'geprüft', 'geprüft'],
  ['проверкп', 'Проверка', 'проверка'],
  ['pipes', 'The pipeline', undefined],
  ['pipe', 'pipeline pope', undefined],
])('the spelling of %s in “%s” is %p', (word, text, expected) => {
  expect(spellingIn(word, [text])).toBe(expected)
})

test('the spelling that most texts have', () => {
  expect(spellingIn('depoy', ['depot', 'deploy now', 'we deploy'])).toBe('deploy')
})

test('words at one edit are as many as the alphabet makes', () => {
  expect(wordsNear('abcd').length).toBeLessThan(400)
  expect(wordsNear('x'.repeat(30)).length).toBeLessThan(2_300)
  expect(wordsNear('上海上海')).not.toContain('上')
})

test('only words that were meant to be found are spelled', () => {
  const terms = parseSearch('deploy "a phrase" -without AUTH-123 ab 12345 上海东边 staging or Größe').flat()
  expect(spellableWords(terms)).toEqual(['deploy', 'staging', 'Größe'])
})

test('only the words change, not the rest of the search', () => {
  expect(respelled('the "deply" deply -deply or deply', new Map([['deply', 'deploy']]))).toBe(
    'the "deply" deploy -deply or deploy',
  )
})
