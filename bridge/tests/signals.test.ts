import { expect, test } from 'bun:test'
import { join } from 'node:path'

test.each([
  ['SIGTERM', 'SIGINT'],
  ['SIGINT', 'SIGTERM'],
] as const)('B100 %s begins the end, and then %s ends the bridge at once', async (first, second) => {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'support/never-ends.ts')], {
    stdout: 'pipe',
  })
  let output = ''
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = output
    output += chunk
    if (!before.includes('ready') && output.includes('ready')) child.kill(first)
    if (!before.includes('ending') && output.includes('ending')) child.kill(second)
  }
  expect(await child.exited).toBe(1)
  expect(output).toContain('ending')
})
