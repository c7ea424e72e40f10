import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const ROOT = join(import.meta.dir, '..', '..')

function filesBelow(folder: string, suffix: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(suffix))
    .map((path) => join(folder, path))
}

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const numbersIn = (texts: readonly string[], pattern: RegExp) =>
  [...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? '')))].toSorted()

describe('the rules in docs/spec', () => {
  const rule = /^- \*\*([A-Z]-?\d+)\*\* /gm
  const texts = filesBelow('docs/spec', '.md').map(read)
  const rules = numbersIn(texts, rule)
  const tests = ['tests', 'bridge/tests'].flatMap((folder) => filesBelow(folder, '.ts'))
  const isContract = (path: string) => /contract(\.ts$|\/)|\/scenarios\//.test(path)
  const shown = [
    ...new Set([
      ...numbersIn(
        tests.filter((path) => path.endsWith('.test.ts') || isContract(path)).map(read),
        /^\s*(?:(?:test|describe)(?:\.each\([^\n]*\))?\(|\]\)\()\s*['`]([A-Z]-?\d+) /gm,
      ),
      // A contract suite lists its rules as titles; each implementation of the port runs all of them.
      ...numbersIn(tests.filter(isContract).map(read), /^\s*\[?['`]([A-Z]-?\d+) /gm),
    ]),
  ].toSorted()

  test('each has a test whose title begins with its number, and no test has a number without a rule', () => {
    expect(rules.length).toBeGreaterThan(50)
    expect(shown).toEqual(rules)
  })

  test('have a number each', () => {
    const numbers = texts.flatMap((text) => [...text.matchAll(rule)].map((match) => match[1]))
    expect(numbers.toSorted()).toEqual(rules)
  })
})

describe('docs/security.md', () => {
  test('names tests that are there, and every attack', () => {
    const named = numbersIn([read('docs/security.md')], /`((?:bridge\/)?tests\/[\w/.-]+\.test\.ts)`/g)
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(filesBelow('tests/security', '.test.ts').filter((path) => !named.includes(path))).toEqual([])
  })
})

describe('links', () => {
  const documents = ['README.md', 'AGENTS.md', 'CHANGELOG.md', 'SECURITY.md', ...filesBelow('docs', '.md')]

  test('of the documents lead to files that are there', () => {
    const broken = documents.flatMap((path) =>
      [...read(path).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => match[1] ?? '')
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(resolve(ROOT, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    )
    expect(broken).toEqual([])
  })
})
