/** A download of the installer that breaks off, piped into a root shell: no beginning of it may do anything. */
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const SCRIPT = readFileSync(join(import.meta.dir, '..', '..', 'scripts', 'install.sh'), 'utf8')

async function piped(script: string): Promise<{ code: number; output: string }> {
  const child = Bun.spawn(['/bin/bash', '-s', '--', '--help'], {
    env: { PATH: process.env.PATH ?? '' },
    stdin: new TextEncoder().encode(script),
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, output: out + err }
}

test('the whole of it runs, and so it does without its last line break', async () => {
  for (const script of [SCRIPT, SCRIPT.trimEnd()]) {
    const { code, output } = await piped(script)
    expect(code).toBe(0)
    expect(output).toContain('Usage: install.sh')
  }
})

test('cut at any place of its first and last lines, at any line and in the middle of any, it does nothing', async () => {
  const begin = SCRIPT.indexOf('\n{\n') + 2
  const end = SCRIPT.trimEnd().length
  const lines = [...SCRIPT.matchAll(/\n/g)].map(({ index }) => index)
  const cuts = [
    ...Array.from({ length: 60 }, (_, i) => begin + i),
    ...Array.from({ length: 120 }, (_, i) => end - 1 - i),
    // Where a function begins its name alone would be a command.
    ...[...SCRIPT.matchAll(/^\w+(?=\(\) \{)/gm)].flatMap(({ 0: name, index }) => [
      index + name.length,
      index + Math.min(3, name.length),
    ]),
    ...lines.filter((at) => at > begin && at < end).flatMap((at, i) => (i % 4 === 0 ? [at, at + 9] : [])),
  ]
  for (const cut of cuts) {
    const { code, output } = await piped(SCRIPT.slice(0, Math.min(cut, end - 1)))
    // Bash says that something does not end, and where, and that is all.
    const said = output.replaceAll(
      /^\S*bash: line \d+: (?:.*(?:unexpected|syntax error|here-document).*|`.*)\n/gm,
      '',
    )
    expect([cut, code === 0, said]).toEqual([cut, false, ''])
  }
})
