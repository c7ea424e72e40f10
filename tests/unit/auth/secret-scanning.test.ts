import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateApiKey } from '../../../src/auth/api-keys.ts'
import { generateScimToken } from '../../../src/auth/scim-tokens.ts'

interface Rule {
  id: string
  regex: string
  keywords: string[]
}

/** The rules for secret scanners that the documents give. */
function rules(): Rule[] {
  const text = readFileSync(join(import.meta.dir, '..', '..', '..', 'docs', 'security.md'), 'utf8')
  const [, toml = ''] = /```toml\n([^`]*)```/.exec(text) ?? []
  return (Bun.TOML.parse(toml) as { rules: Rule[] }).rules
}

test('the rules for secret scanners find every kind of key, whole, and none of its public parts', () => {
  for (let i = 0; i < 50; i++) {
    const live = generateApiKey('live')
    const tmp = generateApiKey('tmp')
    const scim = generateScimToken()
    for (const [secret, prefix] of [
      [live.key, live.prefix],
      [tmp.key, tmp.prefix],
      [scim.token, scim.prefix],
    ] as const) {
      const found = rules().filter(
        ({ regex, keywords }) =>
          keywords.some((word) => secret.includes(word)) &&
          new RegExp(regex).exec(`MC_API_KEY="${secret}"\n`)?.[0] === secret,
      )
      expect([secret, found.length]).toEqual([secret, 1])
      expect(rules().some(({ regex }) => new RegExp(regex).test(`${prefix}_…`))).toBe(false)
    }
  }
})
