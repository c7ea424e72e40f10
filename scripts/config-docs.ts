import { join } from 'node:path'
import type { Setting } from '../src/config/reader.ts'
import { settingsOf } from '../src/config.ts'

const NOTE =
  'Written by `bun scripts/config-docs.ts` from the table in src/config/settings.ts; a test compares them.'

/** The documents that are made from the table of settings, by path. */
export function configDocuments(): Record<string, string> {
  const settings = settingsOf({})
  return { '.env.example': example(settings), 'docs/configuration.md': page(settings) }
}

function example(settings: readonly Setting[]): string {
  const lines = [
    '# Settings of Mission Control. All are optional: copy this file to .env and change what you need.',
    `# ${NOTE.replaceAll('`', '')}`,
  ]
  for (const [section, rows] of Object.entries(Object.groupBy(settings, (setting) => setting.section))) {
    lines.push('', `# --- ${section}`)
    for (const row of rows ?? []) {
      const otherwise = isValue(row) || row.default_text === '' ? '' : `; otherwise ${row.default_text}`
      const text = `${row.doc} Value: ${row.kind}${otherwise}.`.replaceAll('`', '')
      lines.push(...wrap(text, 108).map((line) => `# ${line}`))
      lines.push(isValue(row) ? `#${row.name}=${row.default_text}` : `#${row.name}=`)
    }
  }
  return `${lines.join('\n')}\n`
}

function page(settings: readonly Setting[]): string {
  const parts = [
    '# Configuration',
    `<!-- ${NOTE} -->`,
    'Every setting is an environment variable, and none is needed to start. They are read once at the start: the process lists everything that is wrong and refuses to start. An empty variable counts as not set. A file `.env` in the folder you start from is read too.',
    '`npm start -- config` prints what is in force, with secrets and passwords masked. `.env.example` is a file to copy.',
  ]
  for (const [section, rows] of Object.entries(Object.groupBy(settings, (setting) => setting.section))) {
    const lines = (rows ?? []).map(
      (row) => `| \`${row.name}\` | ${row.kind} | ${defaultCell(row)} | ${row.doc} |`,
    )
    parts.push(
      `## ${section}`,
      ['| variable | value | default | what it does |', '|---|---|---|---|', ...lines].join('\n'),
    )
  }
  return `${parts.join('\n\n')}\n`
}

/** True when the default is a literal value, false for a sentence about it. */
function isValue({ default_text }: Setting): boolean {
  return default_text !== '' && !default_text.includes(' ') && !default_text.includes('`')
}

function defaultCell(row: Setting): string {
  if (row.default_text === '') return '—'
  return isValue(row) ? `\`${row.default_text}\`` : row.default_text
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

if (import.meta.main) {
  const root = join(import.meta.dir, '..')
  for (const [path, text] of Object.entries(configDocuments())) {
    await Bun.write(join(root, path), text)
    console.log(`wrote ${path}`)
  }
}
