import { join } from 'node:path'
import { CALLER_NAMES, CALLERS, type Cell, type Row } from '../tests/integration/authorization/callers.ts'
import { EXPECTED } from '../tests/integration/authorization/expected.ts'

const PAGE = join(import.meta.dir, '..', 'docs', 'security.md')
const BEGIN =
  '<!-- rights: written by `bun scripts/authorization-docs.ts` from tests/integration/authorization/expected.ts; a test compares them -->'
const END = '<!-- end of rights -->'
const ORG = '/api/v1/orgs/{org_slug}'

/** The page with its section of rights as the table says it. Throws when the page lacks the section's marks. */
export function withRights(page: string): string {
  const [before, rest] = page.split(BEGIN)
  const after = rest?.split(END)[1]
  if (before === undefined || after === undefined)
    throw new Error(`docs/security.md lacks the lines “${BEGIN}” and “${END}”`)
  return `${before}${BEGIN}\n\n${section()}\n\n${END}${after}`
}

function section(): string {
  const inside = EXPECTED.filter(({ operation }) => operation.includes(ORG))
  const outside = EXPECTED.filter(({ operation }) => !operation.includes(ORG))
  return [
    '✓ is success, a number the status of the refusal: 401 without credentials, 403 for a role that is too low, 404 for a resource that the caller must not know of, 409 for a read-only organization or a transition that its state does not allow. Contributors are people or agents; “assigned” means to the project that the request is about. A test makes every cell a real request.',
    `Below \`${ORG}\`:`,
    table(inside),
    'Elsewhere:',
    table(outside),
  ].join('\n\n')
}

function table(rows: readonly Row[]): string {
  const heads = CALLER_NAMES.map((name) => CALLERS[name])
  return [
    `| operation | ${heads.join(' | ')} |`,
    `|---|${heads.map(() => ':-:|').join('')}`,
    ...rows.map(
      (row) => `| ${nameOf(row)} | ${CALLER_NAMES.map((name) => mark(row.cells[name])).join(' | ')} |`,
    ),
  ].join('\n')
}

function nameOf({ operation, about }: Row): string {
  const short = operation.replace(ORG, '').trim()
  return about === '' ? `\`${short}\`` : `\`${short}\`: ${about}`
}

/** A refusal's status, without the code: the table in the tests has it. */
function mark(cell: Cell): string {
  const status = Number(cell.split(' ')[0])
  return status < 400 ? '✓' : String(status)
}

if (import.meta.main) {
  await Bun.write(PAGE, withRights(await Bun.file(PAGE).text()))
  console.log('wrote the rights in docs/security.md')
}
