/**
 * Images of a release, by `docker buildx`. The version of labels and tags is that of the manifest.
 *
 *   bun scripts/release/image.ts build server --image NAME [--source URL] [--revision SHA] --digest-file FILE
 *     builds for the processor of this machine, pushes it without a tag, and writes its digest
 *   bun scripts/release/image.ts join server --image NAME --digests sha256:…,sha256:… [--latest]
 *     makes one tag of the images of all processors, and prints `digest=`, as GitHub reads outputs
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildTime } from '../lib/pack.ts'
import { isProgram, PROGRAMS, type ProgramName, ROOT, runScript, UsageError } from './programs.ts'

const DIGEST = /^sha256:[0-9a-f]{64}$/

function versionOf(program: ProgramName): string {
  return (JSON.parse(readFileSync(join(ROOT, PROGRAMS[program].manifests[0]), 'utf8')) as { version: string })
    .version
}

async function docker(words: string[]): Promise<string> {
  const child = Bun.spawn(['docker', ...words], {
    cwd: ROOT,
    env: { ...process.env, SOURCE_DATE_EPOCH: String(buildTime().getTime() / 1000) },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const out = await new Response(child.stdout).text()
  if ((await child.exited) !== 0) throw new Error(`docker ${words.slice(0, 2).join(' ')} failed.`)
  return out
}

async function build(
  program: ProgramName,
  given: { image: string; source?: string | undefined; revision?: string | undefined; digest_file: string },
): Promise<void> {
  const labels: Record<string, string | undefined> = {
    title: PROGRAMS[program].title,
    version: versionOf(program),
    licenses: 'Apache-2.0',
    source: given.source,
    revision: given.revision,
  }
  const folder = mkdtempSync(join(tmpdir(), 'mc-image-'))
  try {
    const metadata = join(folder, 'metadata.json')
    await docker([
      'buildx',
      'build',
      `--file=docker/${program}.Dockerfile`,
      ...Object.entries(labels)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `--label=org.opencontainers.image.${name}=${value}`),
      '--provenance=mode=max',
      '--sbom=true',
      // Times of files are those of the release.
      `--output=type=image,name=${given.image},push-by-digest=true,name-canonical=true,push=true,rewrite-timestamp=true`,
      `--metadata-file=${metadata}`,
      '.',
    ])
    const made = JSON.parse(readFileSync(metadata, 'utf8')) as { 'containerimage.digest'?: string }
    const digest = made['containerimage.digest'] ?? ''
    if (!DIGEST.test(digest)) throw new Error('docker buildx build did not say the digest of the image.')
    writeFileSync(given.digest_file, `${digest}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function joinImages(
  program: ProgramName,
  image: string,
  digests: readonly string[],
  latest: boolean,
): Promise<string> {
  const version = versionOf(program)
  const tags = [version, ...(latest ? ['latest'] : [])].map((tag) => `--tag=${image}:${tag}`)
  await docker(['buildx', 'imagetools', 'create', ...tags, ...digests.map((digest) => `${image}@${digest}`)])
  const told = await docker([
    'buildx',
    'imagetools',
    'inspect',
    `${image}:${version}`,
    '--format={{.Manifest.Digest}}',
  ])
  const digest = told.trim()
  if (!DIGEST.test(digest)) throw new Error('docker buildx imagetools did not say the digest of the image.')
  return digest
}

await runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      image: { type: 'string' },
      source: { type: 'string' },
      revision: { type: 'string' },
      'digest-file': { type: 'string' },
      digests: { type: 'string' },
      latest: { type: 'boolean', default: false },
    },
  })
  const [action, program] = positionals
  // Names of images are in lower case, those of repositories need not be.
  const image = values.image?.toLowerCase()
  const digests = (values.digests ?? '').split(',').filter(Boolean)
  if (isProgram(program) && image !== undefined) {
    if (action === 'build' && values['digest-file'] !== undefined)
      return await build(program, { ...values, image, digest_file: values['digest-file'] })
    if (action === 'join' && digests.length > 0 && digests.every((digest) => DIGEST.test(digest))) {
      const digest = await joinImages(program, image, digests, values.latest)
      return console.log(`digest=${digest}\nimage=${image}`)
    }
  }
  throw new UsageError(
    'Usage: image.ts build PROGRAM --image NAME --digest-file FILE | join PROGRAM --image NAME --digests A,B [--latest]',
  )
})
