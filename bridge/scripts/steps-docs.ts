import { join } from 'node:path'
import { stepsText } from '../src/delivery/steps-text.ts'

const PAGE = join(import.meta.dir, '..', '..', 'docs', 'spec', 'bridge.md')
const BEGIN =
  '<!-- steps: written by `bun bridge/scripts/steps-docs.ts` from bridge/src/delivery/step-table.ts; a test compares them -->'
const END = '<!-- end of steps -->'

/** The page with its section of steps as the table says it. Throws when the page lacks the marks of the section. */
export function withSteps(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/spec/bridge.md lacks the lines “${BEGIN}” and “${END}”`)
  return `${before}${BEGIN}\n\n${stepsText()}\n\n${END}${after}`
}

if (import.meta.main) await Bun.write(PAGE, withSteps(await Bun.file(PAGE).text()))
