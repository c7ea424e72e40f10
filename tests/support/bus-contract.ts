import assert from 'node:assert/strict'
import type { Bus } from '../../src/cluster/bus.ts'

/** Two nodes on one bus. */
export interface BusesUnderTest {
  a: Bus
  b: Bus
  /** The bus goes away for both; returns at once. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
  stop(): Promise<void>
}

type Rule = [title: string, holds: (made: BusesUnderTest) => Promise<void>]

/** Resolves when `holds`; fails after a time that no machine needs. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 3_000; i++) {
    if (holds()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.fail(`never: ${what}`)
}

/** Takes a topic into a list. */
async function taking(bus: Bus, topic: string): Promise<{ got: string[]; stop(): void }> {
  const got: string[] = []
  const stop = await bus.subscribe(topic, (text) => got.push(text))
  return { got, stop }
}

/** The promises of a `Bus`. */
export const BUS_RULES: Rule[] = [
  [
    'R1 a message reaches every subscriber of its topic, the publisher too, and nobody else',
    async ({ a, b }) => {
      const [at_a, at_b, other] = [await taking(a, 't'), await taking(b, 't'), await taking(b, 'u')]
      assert.equal(await a.publish('t', 'ä "1"'), 2)
      assert.equal(await a.publish('nobody', 'x'), 0)
      await eventually(() => at_a.got.length + at_b.got.length === 2, 'both got it')
      assert.deepEqual([at_a.got, at_b.got, other.got], [['ä "1"'], ['ä "1"'], []])
    },
  ],
  [
    'R1 several subscribers of one node count as one node, and each gets the message',
    async ({ a, b }) => {
      const [first, second] = [await taking(b, 't'), await taking(b, 't')]
      assert.equal(await a.publish('t', '1'), 1)
      await eventually(() => first.got.length + second.got.length === 2, 'both got it')
    },
  ],
  [
    'R2 messages of one publisher to one topic arrive in order',
    async ({ a, b }) => {
      const { got } = await taking(b, 't')
      const sent = Array.from({ length: 500 }, (_, i) => String(i))
      await Promise.all(sent.map((text) => a.publish('t', text)))
      await eventually(() => got.length === sent.length, 'all arrived')
      assert.deepEqual(got, sent)
    },
  ],
  [
    'R3 an ended subscription takes nothing more; another one of the same topic goes on',
    async ({ a, b }) => {
      const [ended, going] = [await taking(b, 't'), await taking(b, 't')]
      ended.stop()
      ended.stop()
      assert.equal(await a.publish('t', '1'), 1)
      await eventually(() => going.got.length === 1, 'the other got it')
      going.stop()
      await eventually(() => true, '')
      const again = await taking(b, 't')
      assert.equal(await a.publish('t', '2'), 1)
      await eventually(() => again.got.length === 1, 'a new one got it')
      assert.deepEqual([ended.got, going.got, again.got], [[], ['1'], ['2']])
    },
  ],
  [
    'R4 while the bus is away it says so and a publication rejects',
    async ({ a, goAway }) => {
      assert.equal(a.up, true)
      const told: boolean[] = []
      a.onChange((up) => told.push(up))
      await goAway()
      await eventually(() => !a.up, 'a is down')
      assert.deepEqual(told, [false])
      await assert.rejects(a.publish('t', 'x'))
    },
  ],
  [
    'R5 after an interruption every subscription holds when the bus says that it is up, also one made meanwhile',
    async ({ a, b, goAway, comeBack }) => {
      const before = await taking(b, 'before')
      await goAway()
      await eventually(() => !a.up && !b.up, 'both are down')
      const meanwhile = await taking(b, 'meanwhile')
      await comeBack()
      await eventually(() => a.up && b.up, 'both are up')
      assert.equal(await a.publish('before', '1'), 1)
      assert.equal(await a.publish('meanwhile', '2'), 1)
      await eventually(() => before.got.length + meanwhile.got.length === 2, 'both got theirs')
      assert.deepEqual([before.got, meanwhile.got], [['1'], ['2']])
    },
  ],
  [
    'R6 a listener that left is told nothing, and a closed bus is down',
    async ({ a, goAway }) => {
      const told: boolean[] = []
      a.onChange((up) => told.push(up))()
      await goAway()
      await eventually(() => !a.up, 'a is down')
      assert.deepEqual(told, [])
      await a.close()
      assert.equal(a.up, false)
      await assert.rejects(a.publish('t', 'x'))
    },
  ],
]
