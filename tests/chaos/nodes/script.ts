import { pick, type Random, randomFrom } from '../random.ts'

/** One fault, after so many milliseconds since the fault before. `node` and `org` are indexes. */
export type Fault = { pause_ms: number } & (
  | { kind: 'kill a node'; node: number; down_ms: number }
  | { kind: 'pause an owner'; org: number; for_ms: number }
  | { kind: 'roll the nodes' }
  | { kind: 'kill Redis'; down_ms: number }
  | { kind: 'flush Redis' }
  | { kind: 'cut the subscriptions' }
  | { kind: 'restart PostgreSQL' }
  | { kind: 'cut clients inside frames'; share: number }
)
export type FaultKind = Fault['kind']

/** Every kind with its share of a long script. */
const WEIGHTS: Readonly<Record<FaultKind, number>> = {
  'kill a node': 5,
  'cut clients inside frames': 5,
  'pause an owner': 3,
  'kill Redis': 3,
  'flush Redis': 2,
  'cut the subscriptions': 2,
  'restart PostgreSQL': 3,
  'roll the nodes': 1,
}
export const FAULT_KINDS = Object.keys(WEIGHTS) as FaultKind[]

export interface ScriptOptions {
  seed: number
  /** As many kinds or more: each occurs. */
  faults: number
  nodes: number
  orgs: number
  /** How long an owner is paused: beyond its lease. */
  pause_ms: number
}

const BETWEEN_MS_MIN = 300
const BETWEEN_MS_MAX = 3_000
const DOWN_MS_MAX = 3_000

/** The faults of a run: the same options give the same script. */
export function scriptOf({ seed, faults, nodes, orgs, pause_ms }: ScriptOptions): Fault[] {
  const random = randomFrom(seed)
  const weighted = FAULT_KINDS.flatMap((kind) => Array<FaultKind>(WEIGHTS[kind]).fill(kind))
  const kinds = [...FAULT_KINDS]
  while (kinds.length < faults) kinds.push(pick(random, weighted))
  return shuffled(random, kinds.slice(0, faults)).map((kind) => ({
    pause_ms: Math.round(BETWEEN_MS_MIN + random() * (BETWEEN_MS_MAX - BETWEEN_MS_MIN)),
    ...faultOf(random, kind, { nodes, orgs, pause_ms }),
  }))
}

type Without<T> = T extends unknown ? Omit<T, 'pause_ms'> : never

function faultOf(
  random: Random,
  kind: FaultKind,
  { nodes, orgs, pause_ms }: Pick<ScriptOptions, 'nodes' | 'orgs' | 'pause_ms'>,
): Without<Fault> {
  const below = (count: number) => Math.floor(random() * count)
  switch (kind) {
    case 'kill a node':
      return { kind, node: below(nodes), down_ms: below(DOWN_MS_MAX) }
    case 'pause an owner':
      return { kind, org: below(orgs), for_ms: pause_ms }
    case 'kill Redis':
      return { kind, down_ms: below(DOWN_MS_MAX) }
    case 'cut clients inside frames':
      return { kind, share: 0.2 + random() * 0.8 }
    default:
      return { kind }
  }
}

/** Fisher and Yates. */
function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const all = [...from]
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[all[i], all[j]] = [all[j]!, all[i]!]
  }
  return all
}
