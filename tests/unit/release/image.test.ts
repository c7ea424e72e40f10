import { afterAll, beforeAll, expect, test } from 'bun:test'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SERVER_VERSION } from '../../../src/contracts/version.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')
const DIGEST = `sha256:${'a1'.repeat(32)}`

/** Stands in for Docker: keeps its words, and answers as buildx does. */
const DOCKER = `#!/bin/sh
for word in "$@"; do echo "$word" >> "$CALLS"; done
echo "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH" >> "$CALLS"
for word in "$@"; do
  case "$word" in
    --metadata-file=*) echo '{"containerimage.digest":"${DIGEST}"}' > "\${word#*=}" ;;
    inspect) echo '${DIGEST}' ;;
  esac
done
exit \${DOCKER_CODE:-0}
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mc-docker-'))
  writeFileSync(join(folder, 'docker'), DOCKER)
  chmodSync(join(folder, 'docker'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(words: string[], env: Record<string, string> = {}) {
  const calls = join(folder, 'calls')
  rmSync(calls, { force: true })
  const done = Bun.spawnSync([process.execPath, 'scripts/release/image.ts', ...words], {
    cwd: ROOT,
    env: { PATH: `${folder}:/usr/bin:/bin`, CALLS: calls, TMPDIR: folder, ...env },
  })
  const words_of = () => readFileSync(calls, 'utf8').trim().split('\n')
  return { code: done.exitCode, out: done.stdout.toString(), err: done.stderr.toString(), calls: words_of }
}

test('an image has the version of the manifest as its label, bill of materials and provenance, and no tag yet', () => {
  const file = join(folder, 'digest')
  const words = [
    'build',
    'server',
    '--image',
    'ghcr.io/Example/server',
    '--source',
    'https://example.com/x',
    '--revision',
    'abc',
    '--digest-file',
    file,
  ]
  const { code, err, calls } = run(words, { SOURCE_DATE_EPOCH: '1700000000' })
  expect([code, err]).toEqual([0, ''])
  expect(calls()).toEqual([
    'buildx',
    'build',
    '--file=docker/server.Dockerfile',
    '--label=org.opencontainers.image.title=Mission Control',
    `--label=org.opencontainers.image.version=${SERVER_VERSION}`,
    '--label=org.opencontainers.image.licenses=Apache-2.0',
    '--label=org.opencontainers.image.source=https://example.com/x',
    '--label=org.opencontainers.image.revision=abc',
    '--provenance=mode=max',
    '--sbom=true',
    '--output=type=image,name=ghcr.io/example/server,push-by-digest=true,name-canonical=true,push=true,rewrite-timestamp=true',
    expect.stringMatching(/^--metadata-file=/),
    '.',
    'SOURCE_DATE_EPOCH=1700000000',
  ])
  expect(readFileSync(file, 'utf8')).toBe(`${DIGEST}\n`)
})

test('the images of all processors get one tag', () => {
  const words = ['join', 'server', '--image', 'ghcr.io/example/server', '--digests', `${DIGEST},${DIGEST}`]
  const latest = run([...words, '--latest'])
  expect([latest.code, latest.out]).toEqual([0, `digest=${DIGEST}\nimage=ghcr.io/example/server\n`])
  expect(latest.calls().slice(0, 7)).toEqual([
    'buildx',
    'imagetools',
    'create',
    `--tag=ghcr.io/example/server:${SERVER_VERSION}`,
    '--tag=ghcr.io/example/server:latest',
    `ghcr.io/example/server@${DIGEST}`,
    `ghcr.io/example/server@${DIGEST}`,
  ])
  expect(run(words).calls().join()).not.toContain(':latest')
})

test('a mistake is one line, a failure too', () => {
  for (const words of [
    [],
    ['build', 'server'],
    ['join', 'server', '--image', 'x', '--digests', 'sha256:1'],
    ['build', 'nothing', '--image', 'x', '--digest-file', 'y'],
    ['--nonsense'],
  ]) {
    const { code, err } = run(words)
    expect([words, code]).toEqual([words, 2])
    expect(err.trim().split('\n')).toHaveLength(1)
  }
  const failed = run(['build', 'server', '--image', 'x', '--digest-file', join(folder, 'none')], {
    DOCKER_CODE: '1',
  })
  expect([failed.code, failed.err]).toEqual([1, 'docker buildx build failed.\n'])
})
