import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mockGateway } from '../../dogfood/gateways.ts'
import { HISTORY } from '../../dogfood/history.ts'
import { openStage, type Stage } from '../../dogfood/stage.ts'
import { STEPS } from '../../dogfood/steps.ts'
import { buildApp } from '../../e2e/support/app.ts'
import { hasBrowser } from '../../e2e/support/browser.ts'

/** The steps of `bun run dogfood`, which takes a real gateway; each goes on from where the one before it ended. */
describe.skipIf(!hasBrowser)('people and an agent work on the plan of this product', () => {
  let stage: Stage

  beforeAll(async () => {
    await buildApp()
    stage = await openStage(async (access) => mockGateway(access))
  })
  afterAll(async () => {
    await stage?.close()
  })

  for (const { title, run } of STEPS) test(title, () => run(stage))
  for (const { title, run } of HISTORY)
    test(title, async () => {
      expect(await run(stage)).toMatch(/\d/)
    })
})
