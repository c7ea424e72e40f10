import { ConfigProblems } from '../config/config.ts'
import { maskKeys } from '../config/mask.ts'
import type { Surroundings } from '../config/paths.ts'
import { ConfigMissing, loadConfig } from '../config/read.ts'
import { counted } from '../health/words.ts'
import type { Step } from '../proof/step.ts'
import { roundTrip } from '../round-trip.ts'
import { FAILED } from './mistakes.ts'
import type { Print } from './print.ts'

export interface CheckOptions {
  config: string | undefined
  json: boolean
  /** Also post the answers of the test turns. */
  post: boolean
}

/** Proves both ends and says what is wrong. Returns 0 when nothing failed, else 1. */
export async function checkCommand(
  { config, json, post }: CheckOptions,
  around: Surroundings,
  print: Print,
): Promise<number> {
  const steps: Step[] = []
  for await (const step of stepsOf(config, post, around)) {
    steps.push(step)
    if (!json) print.out(stepText(step))
  }
  const failed = steps.filter(({ state }) => state === 'fail').length
  if (json) print.out(JSON.stringify({ ok: failed === 0, steps }, null, 2))
  else print.out(`\n${summary(failed, steps)}`)
  return failed === 0 ? 0 : FAILED
}

async function* stepsOf(flag: string | undefined, post: boolean, around: Surroundings) {
  const about = { step: 'configuration', agent: null } as const
  let found: ReturnType<typeof loadConfig>
  try {
    found = loadConfig(flag, around)
  } catch (error) {
    if (!(error instanceof ConfigProblems || error instanceof ConfigMissing)) throw error
    yield { ...about, state: 'fail', detail: error.message, todo: null } satisfies Step
    return
  }
  const { path, config } = found
  const detail = `${path}, ${counted(config.agents.length, 'agent')}.`
  yield { ...about, state: 'ok', detail, todo: null } satisfies Step
  yield* roundTrip(config, { env: around.env, post })
}

const WIDTH = 'gateway agent'.length
const WORDS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skip: '-   ' } as const
const INDENT = ' '.repeat(WORDS.ok.length + WIDTH + 4)

/** A step as lines for people. */
export function stepText({ state, step, agent, detail, todo }: Step): string {
  const named = agent !== null && !detail.includes(agent) ? `${agent}: ${detail}` : detail
  const lines = [...maskKeys(named).split('\n'), ...(todo === null ? [] : [`→ ${maskKeys(todo)}`])]
  return `${WORDS[state]}  ${step.padEnd(WIDTH)}  ${lines.join(`\n${INDENT}`)}`
}

function summary(failed: number, steps: readonly Step[]): string {
  if (failed > 0) return `${counted(failed, 'step')} failed.`
  const warned = steps.filter(({ state }) => state === 'warn').length
  return warned > 0 ? `All works, with ${counted(warned, 'warning')}.` : 'All works.'
}
