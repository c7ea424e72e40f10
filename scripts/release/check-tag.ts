/**
 * `bun scripts/release/check-tag.ts TAG`: compares a tag such as `server-v1.2.0` with the manifests, with the version that the
 * program tells and with CHANGELOG.md. Prints `version=` and `prerelease=`, as GitHub reads outputs; exit code 1 with
 * all problems at once.
 */
import { parseTag, problemsOf, runScript, UsageError } from './programs.ts'

await runScript(() => {
  const [tag = '', ...surplus] = process.argv.slice(2)
  const release = surplus.length === 0 ? parseTag(tag) : undefined
  if (!release)
    throw new UsageError(
      `"${tag}" is no tag of a release. Tags: server-v1.2.0, bridge-v1.2.0, server-v1.2.0-rc.1.`,
    )
  const problems = problemsOf(release)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  console.log(`version=${release.version}\nprerelease=${release.prerelease}`)
})
