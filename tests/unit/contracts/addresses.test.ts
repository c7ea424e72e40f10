import { describe, expect, test } from 'bun:test'
import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { httpsUri, isEmail } from '../../../src/contracts/addresses.ts'

describe('an https address', () => {
  test('that is a URI stays as it is', () => {
    for (const uri of [
      'https://git.example.com/pulls/412',
      'https://example.com',
      'https://example.com?q=1',
      'https://example.com/a;b=c,d/(e)?x[y'.slice(0, 32),
      'https://user:secret@example.com:8443/~ines/%C3%A9?a=b&c=%22#part-2',
      'https://[2001:db8::1]:8443/x',
      "https://example.com/it's!$&*+",
    ])
      expect(httpsUri(uri)).toBe(uri)
  })

  test('that is none becomes one: signs that no URI has are encoded, names of hosts are in ASCII', () => {
    for (const [text, uri] of [
      ['https://example.com/a"b>c<d', 'https://example.com/a%22b%3Ec%3Cd'],
      ['https://example.com/?q="x">|^`{}', 'https://example.com/?q=%22x%22%3E%7C%5E%60%7B%7D'],
      ['https://example.com/[x]', 'https://example.com/%5Bx%5D'],
      ['https://example.com/100%', 'https://example.com/100%25'],
      ['https://example.com/#a#b"', 'https://example.com/#a%23b%22'],
      ['https://example.com/grün', 'https://example.com/gr%C3%BCn'],
      ['https://bücher.example/x', 'https://xn--bcher-kva.example/x'],
      ['https://example.com/a b', 'https://example.com/a%20b'],
      ['HTTPS://Example.com/X', 'https://example.com/X'],
      ['https://example.com\\evil', 'https://example.com/evil'],
      ['https://example.com/\u202eevil', 'https://example.com/%E2%80%AEevil'],
    ])
      expect(httpsUri(text ?? '')).toBe(uri ?? '')
  })

  test('of another scheme, without a host, or with a control character is none', () => {
    for (const text of [
      'http://example.com',
      'javascript:alert(1)',
      'https:',
      'https://',
      'https:///x',
      'https://exa mple.com/',
      'https://a{b/',
      'https://exam\tple.com/',
      'https://example.com/\r\nX: y',
      'https://%zz/',
      'https://[::1/',
      '//example.com',
      'example.com',
      '',
    ])
      expect(httpsUri(text), text).toBeUndefined()
  })

  test('whatever was typed, the result is one by JSON Schema, means the same, and stays as it is', () => {
    const isUri = addFormats(new Ajv2020()).compile({ type: 'string', format: 'uri', pattern: '^https://' })
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...'"<>{}|\\^`[]%#?/:@ü\u200b '.split('')),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = `https://example.com/${parts.join('')}`
        const uri = httpsUri(text)
        if (uri === undefined) return
        if (!isUri(uri)) throw new Error(`${JSON.stringify(text)} became ${JSON.stringify(uri)}`)
        expect(httpsUri(uri)).toBe(uri)
        expect(new URL(uri).origin).toBe(new URL(text).origin)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('an e-mail address', () => {
  test('is one of the usual form, in any script', () => {
    for (const email of [
      'ines@example.com',
      "o'neil+x_y-z!#$%&*/=?^`{|}~@mail.example.co",
      'инес@пример.рф',
      'a@b.c',
    ])
      expect(isEmail(email), email).toBe(true)
  })

  test('is no list, comment, group, quotation or second line, and hides nothing', () => {
    for (const email of [
      'ines',
      '@example.com',
      'ines@',
      'ines@example',
      'ines@example.',
      'a@b@c.d',
      'ines@example.com,evil.org',
      'ines@example.com;evil.org',
      'group:ines@example.com',
      'ines(comment)@example.com',
      '"ines x"@example.com',
      'ines\\@example.com',
      '<ines@example.com>',
      'ines@[127.0.0.1]',
      'ines @example.com',
      'ines@example.com\r\nBcc: all@example.com',
      'ines\u0000@example.com',
      'ines\u0085@example.com',
      'ines\u200b@example.com',
      '\u202eines@example.com',
      'ines\u2028@example.com',
      'ines\u00ad@example.com',
      'ines\ufeff@example.com',
      `${'x'.repeat(254)}@example.com`,
    ])
      expect(isEmail(email), JSON.stringify(email)).toBe(false)
  })
})
