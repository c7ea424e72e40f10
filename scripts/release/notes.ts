/** `bun scripts/release/notes.ts TAG`: prints the section of CHANGELOG.md for a tag, as the notes of its release. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionOf } from './changelog.ts'
import { parseTag, ROOT, runScript, UsageError } from './programs.ts'

await runScript(() => {
  const release = parseTag(process.argv[2] ?? '')
  if (!release) throw new UsageError('Usage: bun scripts/release/notes.ts server-v1.2.0|bridge-v1.2.0')
  const notes = sectionOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), release.program, release.version)
  if (notes === undefined)
    throw new Error(`CHANGELOG.md has no section for ${release.program} ${release.version}.`)
  console.log(notes)
})
