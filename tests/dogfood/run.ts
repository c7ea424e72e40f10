/**
 * `bun run dogfood [--mock] [--openclaw 2026.8.1] [--screenshots DIR] [--time]`: people and an agent work on the plan of this
 * product, with a fresh server, a bridge, a real OpenClaw Gateway with a scripted model, and Chromium; then the history that
 * they made is held against what sub-agents, log, search, notifications and export promise. Each step is a line; the exit
 * code says whether all of them hold. `--mock` takes the mock gateway instead, which has no tools.
 */
import { parseArgs } from 'node:util'
import { buildApp } from '../e2e/support/app.ts'
import { OPENCLAW_VERSIONS } from '../support/openclaw/install.ts'
import { mockGateway, realGateway } from './gateways.ts'
import { HISTORY } from './history.ts'
import { takePictures } from './pictures.ts'
import { openStage, type Stage } from './stage.ts'
import { STEPS } from './steps.ts'

const BRIDGE_LOG_CHARS = 4_000

const { values } = parseArgs({
  options: {
    mock: { type: 'boolean', default: false },
    openclaw: { type: 'string', default: OPENCLAW_VERSIONS[0] },
    screenshots: { type: 'string' },
    time: { type: 'boolean', default: false },
  },
})
const version = OPENCLAW_VERSIONS.find((known) => known === values.openclaw)
if (!version) {
  console.error(`There is no version ${values.openclaw} here. There are: ${OPENCLAW_VERSIONS.join(', ')}.`)
  process.exit(2)
}

await buildApp()
const stage = await openStage(async (access) =>
  values.mock ? mockGateway(access) : await realGateway(version, access),
)
console.log(`gateway: ${stage.gateway.name}; the agent's requests are sent by ${stage.gateway.hands}`)
const ALL = [...STEPS, ...HISTORY]
let held = 0
try {
  held = await runSteps(stage)
  if (values.screenshots !== undefined)
    for (const path of await takePictures(stage, values.screenshots)) console.log(`     ${path}`)
} finally {
  await stage.close()
}
console.log(`${held} of ${ALL.length} steps hold`)
process.exit(held === ALL.length ? 0 : 1)

/** In order, each on what the earlier ones left; ends at the first that does not hold. */
async function runSteps(on: Stage): Promise<number> {
  for (const [count, { title, run }] of ALL.entries()) {
    const began_ms = performance.now()
    let counted: unknown
    try {
      counted = await run(on)
    } catch (error) {
      console.log(`FAIL ${title}\n${error instanceof Error ? error.message : String(error)}`)
      for (const problem of on.gateway.problems) console.log(`     ${problem}`)
      console.log(`The bridge said last:\n${on.bridge.log().slice(-BRIDGE_LOG_CHARS)}`)
      return count
    }
    const took = values.time ? ` (${((performance.now() - began_ms) / 1000).toFixed(1)} s)` : ''
    console.log(`ok   ${title}${typeof counted === 'string' ? `\n     ${counted}` : ''}${took}`)
  }
  return ALL.length
}
