import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { beginning, lexemesOf, snippetOf } from '../../../src/domain/search-snippet.ts'

const snippet = (text: string, query: string) => snippetOf(text, lexemesOf(query))

describe('a snippet', () => {
  test.each([
    ['Uploads were resumed', "'upload'", '<mark>Uploads</mark> were resumed'],
    ['The deployment is deploying', "'deploy'", 'The <mark>deployment</mark> is <mark>deploying</mark>'],
    ['Happiness, happy', "'happi'", '<mark>Happiness</mark>, <mark>happy</mark>'],
    ['Staging is a stage', "'stage'", '<mark>Staging</mark> is a <mark>stage</mark>'],
    ['Running late', "'run'", '<mark>Running</mark> late'],
    ['Organizations', "'organiza':* | 'organ'", '<mark>Organizations</mark>'],
    ['A car, a carpet', "'car'", 'A <mark>car</mark>, a carpet'],
    ['See AUTH-123 now', "'auth' <-> '-123' | 'auth' <-> '123':*", 'See <mark>AUTH-123</mark> now'],
    ['in src/db/flush.ts', "'src' <-> 'db' <-> 'flush' <-> 'ts':*", 'in <mark>src/db/flush.ts</mark>'],
    ['Das Café', "'cafe'", 'Das <mark>Café</mark>'],
    ['Das Cafe\u0301 da', "'cafe'", 'Das <mark>Cafe\u0301</mark> da'],
    ['我家在上海东边。', "'上海':*", '我家在<mark>上海</mark>东边。'],
    ['お客様の注文を確認', "'注文' & '文を'", 'お客様の<mark>注文を</mark>確認'],
    ['Ready 🙂 now', "'🙂':*", 'Ready <mark>🙂</mark> now'],
    ["it's <b>here</b> & there", "'here'", 'it&#39;s &lt;b&gt;<mark>here</mark>&lt;/b&gt; &amp; there'],
    ['two\n\nlines   of text', "'line'", 'two <mark>lines</mark> of text'],
  ])('%s by %s', (text, query, expected) => {
    expect(snippet(text, query)).toBe(expected)
  })

  test('is none where nothing matches', () => {
    expect(snippet('Nothing of the kind', "'other'")).toBeUndefined()
    expect(snippet('', "'other'")).toBeUndefined()
  })

  test('of a long text is the part with most matches', () => {
    const text = `${'filler words here '.repeat(40)}deploy ${'other words '.repeat(40)}deploy to staging and deploy ${'the end '.repeat(40)}`
    const found = snippet(text, "'deploy' & 'stage'") ?? ''
    expect(found).toContain('<mark>deploy</mark> to <mark>staging</mark> and <mark>deploy</mark>')
    expect(found.startsWith('…')).toBe(true)
    expect(found.endsWith('…')).toBe(true)
    expect(found.length).toBeLessThan(330)
    expect(beginning(text)).toStartWith('filler words')
  })

  test('has marks as its only markup, whatever the text', () => {
    const word = fc.constantFrom(
      'deploy',
      '<mark>',
      '</mark>',
      '&lt;',
      '"',
      "'",
      '<img src=x>',
      '上海',
      '🙂',
      '\ud83d',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string()), { maxLength: 80 }), (words) => {
        const text = words.join(' ')
        for (const made of [snippet(text, "'deploy' | 'mark' | '上海' | '🙂'"), beginning(text)]) {
          const bare = (made ?? '').replaceAll(/<mark>([^<>]*)<\/mark>/g, '$1')
          expect(bare).not.toMatch(/[<>"']/)
          expect(bare.replaceAll(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
        }
      }),
    )
  })
})
