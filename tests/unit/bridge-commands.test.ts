import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { commandOf } from '../../bridge/src/agent/command-of.ts'
import { message } from '../../bridge/tests/support/samples.ts'
import { commandForm } from '../../src/text/commands.ts'

test('the bridge reads a command message as the server does', () => {
  const content = fc.oneof(
    fc.string().map((text) => `/${text}`),
    fc.string({ unit: fc.constantFrom('/', 'a', 'z', '-', '_', '1', ' ', '\n', '@'), maxLength: 40 }),
  )
  fc.assert(
    fc.property(content, (text) => {
      const command = commandOf(message({ content: text }), 'agent')
      const form = commandForm(text)
      if (form) expect(command).toMatchObject(form)
      else expect(command).toBeUndefined()
    }),
    { numRuns: 2_000 },
  )
})
