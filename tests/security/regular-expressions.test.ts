/**
 * Regular-expression denial of service. Every expression of the product is analysed: its time must grow with the length of a
 * text, not with a power of it. Then texts that such expressions fear go through the whole server.
 */
import { beforeAll, expect, test } from 'bun:test'
import { analyse } from 'scslre'
import ts from 'typescript'
import { filesBelow, read } from '../architecture/tree.ts'
import { send, type World, world } from './world.ts'

const KINDS = { Move: true, Self: true, Trade: true }

/** Expressions whose time is the square of the length, of texts that are short by themselves. */
const SHORT: Readonly<Record<string, string>> = {
  '/=+$/': 'a hash of 32 bytes',
  '/\\/+$/': 'an address that the operator configures',
  '/[^a-z0-9]+$/': 'a name, cut to the length of a username',
  '/(.)[\\p{M}\\u200c\\u200d]*$/su': '32 characters before a mention',
  '/[.,:;!?]+$/': 'a name of a command',
  '/([?&][^=&]*(?:password|secret|token)[^=&]*=)[^&#]*/gi': 'a setting of the operator',
  '/^-+|-+$/g': 'a name in the form of a new organization',
  '/^([ \\t]*)(`{3,}|~{3,})(.*)$/': 'one line, which the last part always matches',
  '/^(?:api|auth|health|ready|version|metrics|docs)(?:\\/|$)|\\.[^/]*$/':
    'the path of a page, in its own browser',
}

/** The regular expressions of a source file, or of the scripts of a Vue file. */
function expressionsOf(path: string): string[] {
  const text = read(path)
  const scripts = path.endsWith('.vue')
    ? [...text.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1] ?? '')
    : [text]
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  for (const script of scripts)
    visit(ts.createSourceFile(path.replace(/\.vue$/, '.ts'), script, ts.ScriptTarget.Latest, true))
  return found
}

function superLinear(expression: string): boolean {
  const end = expression.lastIndexOf('/')
  const { reports } = analyse(
    { source: expression.slice(1, end), flags: expression.slice(end + 1) },
    { reportTypes: KINDS },
  )
  return reports.length > 0
}

test('no expression of the product takes more than linear time on a long text', () => {
  const files = ['src', 'ui/src', 'bridge/src'].flatMap(filesBelow).filter((path) => /\.(ts|vue)$/.test(path))
  files.push('ui/service-worker.js')
  const all = files.flatMap((path) => expressionsOf(path).map((expression) => ({ path, expression })))
  expect(all.length).toBeGreaterThan(200)
  const slow = all.filter(({ expression }) => superLinear(expression))
  expect(slow.filter(({ expression }) => !(expression in SHORT))).toEqual([])
  // What is no longer there is no longer excused.
  const excused = new Set(slow.map(({ expression }) => expression))
  expect(Object.keys(SHORT).filter((expression) => !excused.has(expression))).toEqual([])
})

test('the analysis finds what it is there to find', () => {
  for (const expression of ['/(a+)+$/', '/\\s+$/', '/^\\s*\\s*x/', '/a*[ab]*c/'])
    expect([expression, superLinear(expression)]).toEqual([expression, true])
})

let target: World

beforeAll(async () => {
  target = await world()
})

/** Texts that make a backtracking expression try again and again. */
const FEARED: readonly string[] = [
  ' ',
  '\t',
  '\n',
  'a',
  '@',
  '@a',
  '@a.',
  '-',
  '.',
  '_',
  '"',
  '`',
  '```\n',
  '[',
  '](',
  '![',
  '[a](',
  '*',
  '**a',
  '_a',
  '~~a',
  '<',
  '</',
  '&',
  '&#x',
  '|',
  '|-',
  '> ',
  '- ',
  '1. ',
  '\\',
  'http://',
  'https://a.',
  'a@',
  'a@a.',
  'é',
  'e\u0301',
  '\u0301',
  '\u200d',
  '字',
  '😀',
  '%',
  '%2',
  '=',
  ';',
  ',',
  'secret',
  'token=',
]

test('a message, a name and a query of what expressions fear are answered', async () => {
  const post = target.operations.find(
    ({ name }) => name === 'POST /api/v1/orgs/{org_slug}/channels/{channel_id}/messages',
  )!
  const headers = { ...target.agent.headers, 'Content-Type': 'application/json' }
  for (const part of FEARED) {
    const text = part.repeat(10_000).slice(0, 9_998).toWellFormed()
    for (const content of [text, `${text}!`, `!${text}\u0001`]) {
      // `sendRaw` throws when nothing comes within five seconds.
      const { status } = await send(target, post, { headers, body: JSON.stringify({ content }) })
      expect([part, status < 500]).toEqual([part, true])
    }
    const query = new URLSearchParams({ q: part.repeat(400).slice(0, 199).toWellFormed() })
    const found = await fetch(`${target.server.url}/api/v1/orgs/${target.params.org_slug}/search?${query}`, {
      headers: target.agent.headers,
    })
    expect([part, found.status < 500 || (await found.text())]).toEqual([part, true])
  }
}, 600_000)
