import { pick, type Random } from '../chaos/random.ts'
import type { Stage } from './stage.ts'

/** Something that goes wrong, and right again before it resolves. */
type Fault = (stage: Stage, random: Random) => Promise<void>

const between = (random: Random, min_ms: number, max_ms: number) =>
  Bun.sleep(min_ms + random() * (max_ms - min_ms))

export const FAULTS: Readonly<Record<string, Fault>> = {
  'server killed': async ({ server }) => {
    await server.kill('SIGKILL')
    await server.restart()
  },
  'gateway killed': async ({ gateway }, random) => {
    await gateway.kill('SIGKILL')
    await between(random, 100, 2_000)
    await gateway.restart()
  },
  'gateway restarted': async ({ gateway }) => {
    await gateway.restart()
  },
  'bridge killed': async ({ bridge }, random) => {
    await bridge.kill('SIGKILL')
    await between(random, 100, 1_000)
    await bridge.start()
  },
  'bridge restarted': async ({ bridge }) => {
    await bridge.kill('SIGTERM')
    await bridge.start()
  },
  'network reset': async ({ proxy }, random) => {
    proxy.cut('reset')
    await between(random, 500, 5_000)
    proxy.mend()
  },
  'network silent': async ({ proxy }, random) => {
    proxy.cut('silent')
    await between(random, 1_000, 10_000)
    proxy.mend()
  },
  'gateway connections dropped': async ({ gateway }) => {
    await gateway.drop(1012)
  },
  'event flood': async ({ gateway }, random) => {
    await gateway.set({ flood: 500, noise: 200 })
    await between(random, 1_000, 5_000)
    await gateway.set({ flood: 0, noise: 1 })
  },
}

/** One of the faults; resolves with its name when it is over. */
export async function strike(stage: Stage, random: Random): Promise<string> {
  const name = pick(random, Object.keys(FAULTS))
  await FAULTS[name]?.(stage, random)
  return name
}
