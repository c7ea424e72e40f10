/** CHANGELOG.md as data. Sections begin with `## `: `Unreleased`, `1.2.0 - 2026-12-01`, or for the bridge `Bridge 1.2.0 - …`. */

type Program = 'server' | 'bridge'

/** Changes of the bridge wait in a part of their own, for its own releases. */
const BRIDGE_PART = '### Bridge'
const UNRELEASED = '## Unreleased'

const headingOf = (program: Program, version: string) =>
  `## ${program === 'bridge' ? 'Bridge ' : ''}${version}`

/** The text of a release's section, without its heading; undefined where there is none. */
export function sectionOf(changelog: string, program: Program, version: string): string | undefined {
  const heading = headingOf(program, version)
  const lines = changelog.split('\n')
  const begin = lines.findIndex(
    (line) => line.startsWith(`${heading} - `) && /^\d{4}-\d\d-\d\d$/.test(line.slice(heading.length + 3)),
  )
  return begin < 0
    ? undefined
    : lines
        .slice(begin + 1, endOf(lines, begin, '## '))
        .join('\n')
        .trim()
}

/** Makes a section of what waits under Unreleased for the program. Throws one sentence where nothing does. */
export function cut(changelog: string, program: Program, version: string, date: string): string {
  const lines = changelog.split('\n')
  const begin = lines.indexOf(UNRELEASED)
  if (begin < 0) throw new Error(`CHANGELOG.md has no line "${UNRELEASED}".`)
  if (lines.some((line) => line.startsWith(`${headingOf(program, version)} - `)))
    throw new Error(`CHANGELOG.md has a section for ${program} ${version} already.`)
  const end = endOf(lines, begin, '## ')
  const waiting = lines.slice(begin + 1, end)
  const part = waiting.indexOf(BRIDGE_PART)
  const part_end = part < 0 ? part : endOf(waiting, part, '### ')
  const of_bridge = part < 0 ? [] : waiting.slice(part, part_end)
  const of_server = part < 0 ? waiting : [...waiting.slice(0, part), ...waiting.slice(part_end)]
  const [taken, kept] = program === 'bridge' ? [of_bridge.slice(1), of_server] : [of_server, of_bridge]
  const text = taken.join('\n').trim()
  if (!/^- /m.test(text))
    throw new Error(
      program === 'bridge'
        ? `Nothing waits for the bridge: CHANGELOG.md has no entry below "${BRIDGE_PART}" under Unreleased.`
        : 'Nothing waits for the server: CHANGELOG.md has no entry under Unreleased.',
    )
  const rest = kept.join('\n').trim()
  return [
    ...lines.slice(0, begin),
    UNRELEASED,
    '',
    ...(rest === '' ? [] : [rest, '']),
    `${headingOf(program, version)} - ${date}`,
    '',
    text,
    '',
    ...lines.slice(end),
  ]
    .join('\n')
    .replace(/\n*$/, '\n')
}

/** Index of the next line that begins so, or the end. */
function endOf(lines: readonly string[], begin: number, start: string): number {
  const end = lines.findIndex((line, i) => i > begin && line.startsWith(start))
  return end < 0 ? lines.length : end
}
