import { afterAll, beforeAll, describe, test } from 'bun:test'
import { OPENCLAW_VERSIONS } from '../../support/openclaw/install.ts'
import { ADMISSION } from './scenarios/admission.ts'
import { COMMANDS } from './scenarios/commands.ts'
import { FAILURES } from './scenarios/failures.ts'
import { LOOPS } from './scenarios/loops.ts'
import { OUTAGES } from './scenarios/outages.ts'
import { SUB_AGENT_OUTAGES, SUB_AGENTS } from './scenarios/sub-agents.ts'
import { TALK } from './scenarios/talk.ts'
import { UNTRUSTED } from './scenarios/untrusted.ts'
import { World } from './world.ts'

const SCENARIOS = [
  ...TALK,
  ...COMMANDS,
  ...UNTRUSTED,
  ...FAILURES,
  ...LOOPS,
  ...SUB_AGENTS,
  ...OUTAGES,
  ...SUB_AGENT_OUTAGES,
  ...ADMISSION,
]

for (const version of OPENCLAW_VERSIONS)
  describe(`the bridge between Mission Control and OpenClaw ${version}`, () => {
    let world: World

    beforeAll(async () => {
      world = await World.open(version)
    })

    afterAll(() => world.close())

    for (const [title, holds] of SCENARIOS) test(title, () => holds(world))
  })
