/** Five quiet hues, as classes; undefined is plain text. */
export type CodeHue = 'k' | 's' | 'c' | 'n' | 'f'
export type CodePart = { text: string; hue?: CodeHue }

const WORDS = {
  c: 'async await break case catch class const continue default delete do else enum export extends false finally for from function if implements import in instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield as readonly public private protected struct fn impl match mod mut pub use where go func package defer chan map range select nil int string bool float double char long short unsigned namespace using template virtual final abstract',
  hash: 'and as assert async await break class continue def del elif else except False finally for from global if import in is lambda None nonlocal not or pass raise return True try while with yield then fi done do case esac function local export echo set unset true false null end module begin rescue ensure require nil unless',
  sql: 'add all alter and as asc begin between by case check column commit constraint create cross default delete desc distinct drop else end exists foreign from full group having in index inner insert into is join key left like limit not null on or order outer primary references returning right rollback select set table then union unique update values view when where with',
} as const

type Family = keyof typeof WORDS | 'markup' | 'data'

const FAMILIES: Record<string, Family> = {
  ...of(
    'c',
    'js jsx ts tsx javascript typescript mjs cjs java kotlin kt swift c cpp h hpp cs csharp go rust rs php scala dart vue',
  ),
  ...of(
    'hash',
    'py python sh bash zsh shell console rb ruby yaml yml toml ini dockerfile make makefile r pl',
  ),
  ...of('sql', 'sql pgsql postgres'),
  ...of('markup', 'html xml svg'),
  ...of('data', 'json json5 jsonc css scss'),
}

function of(family: Family, names: string): Record<string, Family> {
  return Object.fromEntries(names.split(' ').map((name) => [name, family]))
}

const STRING = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`
const NUMBER = String.raw`\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b|\b0x[\da-f]+\b`
const COMMENTS: Record<Family, string> = {
  c: String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`,
  hash: String.raw`(?<![^\s])#[^\n]*`,
  sql: String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`,
  markup: String.raw`<!--[\s\S]*?(?:-->|$)`,
  data: String.raw`\/\*[\s\S]*?(?:\*\/|$)`,
}

/** Longer code is shown plain: colour is not worth a slow channel. */
const LENGTH_MAX = 20_000

/** Colours code by a small lexer: comments, strings, numbers, key words, called names. Unknown languages stay plain. */
export function highlight(code: string, language: string): CodePart[] {
  const family = FAMILIES[language.toLowerCase()]
  if (family === undefined || code.length > LENGTH_MAX) return [{ text: code }]
  const strings = family === 'c' ? String.raw`${STRING}|\x60(?:\\.|[^\x60\\])*\x60` : STRING
  const lexer = new RegExp(
    `(${COMMENTS[family]})|(${strings})|(${NUMBER})|([A-Za-z_$][\\w$]*)`,
    family === 'sql' ? 'gi' : 'g',
  )
  const words = family === 'markup' || family === 'data' ? undefined : new Set(WORDS[family].split(' '))
  const parts: CodePart[] = []
  let at = 0
  for (const match of code.matchAll(lexer)) {
    const text = match[0]
    const after = match.index + text.length
    const hue = hueOf(match, words, code[after], family)
    if (hue === undefined) continue
    if (match.index > at) parts.push({ text: code.slice(at, match.index) })
    parts.push({ text, hue })
    at = after
  }
  if (at < code.length) parts.push({ text: code.slice(at) })
  return parts
}

function hueOf(
  match: RegExpExecArray,
  words: ReadonlySet<string> | undefined,
  following: string | undefined,
  family: Family,
): CodeHue | undefined {
  if (match[1] !== undefined) return 'c'
  if (match[2] !== undefined) return family === 'data' && following === ':' ? 'f' : 's'
  if (match[3] !== undefined) return 'n'
  const name = match[4] ?? ''
  if (words?.has(family === 'sql' ? name.toLowerCase() : name)) return 'k'
  return following === '(' && family !== 'markup' ? 'f' : undefined
}
