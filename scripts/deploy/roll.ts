import type { Node, Plan } from './plan.ts'

/** What a roll needs of the world. */
export interface World {
  /** Runs a command and resolves with its exit code. */
  run(command: readonly string[]): Promise<number>
  /** State of a node; undefined: it does not answer. */
  look(address: string): Promise<State | undefined>
  say(line: string): void
  sleep(ms: number): Promise<void>
}

export interface State {
  /** What `/ready` says: `ready`, or what is wrong. */
  ready: string
  version: string
}

export interface Gates {
  /** Rounds, a second apart, that a node has for becoming ready. */
  tries: number
  /** Rounds in a row in which it has to be ready. */
  steady: number
}

const ROUND_MS = 1_000
export const GATES: Gates = { tries: 180, steady: 5 }

/**
 * Migrations first, then node by node: the next one only when the updated one is ready with the new version, steadily, and the
 * others are ready too. Throws one sentence at the first gate that does not open; nothing is rolled back, since
 * the nodes that were not touched serve on.
 */
export async function roll(plan: Plan, version: string, world: World, gates: Gates = GATES): Promise<void> {
  const command = (words: readonly string[]) => words.map((word) => word.replaceAll('{version}', version))
  for (const node of plan.nodes) {
    const state = await world.look(node.address)
    if (state?.ready !== 'ready')
      throw new Error(`Nothing was changed: ${node.name} is not ready before the update (${inWords(state)}).`)
  }
  world.say('migrations')
  const code = await world.run(command(plan.migrate))
  if (code !== 0) throw new Error(`The migrations failed with exit code ${code}. No node was changed.`)
  for (const node of plan.nodes) {
    const problem = await opens(plan.nodes, world, { ...gates, steady: 1 })
    if (problem !== undefined) throw new Error(`Stopped before ${node.name}: ${problem}.`)
    world.say(`update of ${node.name}`)
    const updated = await world.run(command(node.update))
    if (updated !== 0)
      throw new Error(
        `The update of ${node.name} failed with exit code ${updated}. The nodes after it were not changed.`,
      )
    const closed = await opens([node], world, gates, version)
    if (closed !== undefined)
      throw new Error(`Stopped after ${node.name}: ${closed}. The nodes after it were not changed.`)
    world.say(`${node.name} is ready with ${version}`)
  }
}

/** Waits until all of the nodes are ready; resolves with what is wrong when the tries are over. */
async function opens(
  nodes: readonly Node[],
  world: World,
  { tries, steady }: Gates,
  version?: string,
): Promise<string | undefined> {
  let in_a_row = 0
  let wrong: string | undefined
  for (let i = 0; i < tries; i++) {
    wrong = undefined
    for (const node of nodes) {
      const state = await world.look(node.address)
      if (state?.ready !== 'ready') wrong = `${node.name} is not ready (${inWords(state)})`
      else if (version !== undefined && state.version !== version)
        wrong = `${node.name} still has version ${state.version}, not ${version}`
    }
    in_a_row = wrong === undefined ? in_a_row + 1 : 0
    if (in_a_row >= steady) return undefined
    await world.sleep(ROUND_MS)
  }
  return wrong ?? 'the nodes were not ready for long enough'
}

const inWords = (state: State | undefined) => (state === undefined ? 'it does not answer' : state.ready)
