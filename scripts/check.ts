/**
 * `bun run check [--staged]`: format, lint, types, architecture, all at once; prints only problems. `--staged` looks
 * at the files of the next commit (format and lint) and at the types.
 */
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '..')
const bin = (name: string) => join(ROOT, 'node_modules', '.bin', name)
const staged = process.argv.includes('--staged')

const files = staged
  ? (await Bun.$`git diff --cached --name-only --diff-filter=ACMR`.cwd(ROOT).text())
      .split('\n')
      .filter((file) => /\.(ts|mts|mjs|js|vue|json|css)$/.test(file))
  : []

const CHECKS: [string, string[]][] = [
  [
    'format and lint',
    [bin('biome'), 'check', '--error-on-warnings', '--no-errors-on-unmatched', ...(staged ? files : ['.'])],
  ],
  ['types', [process.execPath, join(ROOT, 'node_modules', 'tsc7', 'bin', 'tsc'), '-p', ROOT, '--noEmit']],
  ...(staged
    ? []
    : ([
        ['Vue rules', [bin('eslint'), '--max-warnings', '0', 'ui/src/**/*.vue']],
        ['types of the app', [process.execPath, 'run', '--cwd', 'ui', 'types']],
        ['architecture', [process.execPath, 'test', '--timeout', '300000', 'tests/architecture']],
      ] as [string, string[]][])),
]

if (staged && files.length === 0) process.exit(0)
const results = await Promise.all(
  CHECKS.map(async ([name, command]) => {
    const child = Bun.spawn(command, { cwd: ROOT, stdout: 'pipe', stderr: 'pipe', stdin: 'ignore' })
    const [out, err, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ])
    return { name, code, text: `${out}${err}`.trim() }
  }),
)
for (const { name, code, text } of results) {
  if (code !== 0) console.error(`\n== ${name}\n${text}`)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${name}`)
}
process.exit(results.some(({ code }) => code !== 0) ? 1 : 0)
