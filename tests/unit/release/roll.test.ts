import { describe, expect, test } from 'bun:test'
import { parsePlan } from '../../../scripts/deploy/plan.ts'
import { roll, type State } from '../../../scripts/deploy/roll.ts'

const PLAN = parsePlan(
  JSON.stringify({
    address: 'https://mc.example.com/',
    migrate: ['migrate', '{version}'],
    nodes: [
      { name: 'a', address: 'http://a:3000/', update: ['update', 'a', '{version}'] },
      { name: 'b', address: 'http://b:3000', update: ['update', 'b', '{version}'] },
    ],
  }),
)
const OLD: State = { ready: 'ready', version: '1.0.0' }
const NEW: State = { ready: 'ready', version: '2.0.0' }

/** A world whose nodes say one thing after the other, the last one for ever. */
function world(states: Record<string, (State | undefined)[]>, codes: Record<string, number> = {}) {
  const done: string[] = []
  return {
    done,
    async run(command: readonly string[]) {
      done.push(command.join(' '))
      // What a node says after its update.
      const [what, name = ''] = command
      if (what === 'update') states[`http://${name}:3000`] = states[`${name} updated`] ?? [undefined, NEW]
      return codes[command.join(' ')] ?? 0
    },
    async look(address: string) {
      const left = states[address] ?? [OLD]
      return left.length > 1 ? left.shift() : left[0]
    },
    say: () => undefined,
    sleep: async () => undefined,
  }
}
const GATES = { tries: 6, steady: 2 }
const outcome = async (on: ReturnType<typeof world>) =>
  await roll(PLAN, '2.0.0', on, GATES).then(
    () => 'rolled',
    (error: Error) => error.message,
  )

describe('a roll', () => {
  test('migrates first, then updates node by node', async () => {
    const on = world({})
    expect(await outcome(on)).toBe('rolled')
    expect(on.done).toEqual(['migrate 2.0.0', 'update a 2.0.0', 'update b 2.0.0'])
  })

  test('changes nothing while a node is not ready', async () => {
    const on = world({ 'http://b:3000': [undefined] })
    expect(await outcome(on)).toBe(
      'Nothing was changed: b is not ready before the update (it does not answer).',
    )
    expect(on.done).toEqual([])
  })

  test('a migration that fails leaves all nodes as they are', async () => {
    const on = world({}, { 'migrate 2.0.0': 1 })
    expect(await outcome(on)).toContain('The migrations failed with exit code 1')
    expect(on.done).toEqual(['migrate 2.0.0'])
  })

  test.each([
    ['does not come back', [undefined], 'a is not ready (it does not answer)'],
    ['comes back as it was', [OLD], 'a still has version 1.0.0, not 2.0.0'],
    ['is not steady', [NEW, undefined, NEW, undefined, NEW, undefined], 'a is not ready'],
    ['is degraded', [{ ready: 'redis: degraded', version: '2.0.0' }], 'redis: degraded'],
  ])('stops when the first node %s', async (_, states, why) => {
    const on = world({ 'a updated': [...states] })
    expect(await outcome(on)).toContain(why)
    expect(on.done).toEqual(['migrate 2.0.0', 'update a 2.0.0'])
  })

  test('stops when an update fails, or when another node is away before the next one', async () => {
    const failed = world({}, { 'update a 2.0.0': 3 })
    expect(await outcome(failed)).toContain('The update of a failed with exit code 3')
    expect(failed.done).not.toContain('update b 2.0.0')
    const away = world({ 'a updated': [NEW, NEW, undefined] })
    expect(await outcome(away)).toBe('Stopped before b: a is not ready (it does not answer).')
    expect(away.done).not.toContain('update b 2.0.0')
  })

  test('waits for a node that takes its time', async () => {
    expect(await outcome(world({ 'a updated': [undefined, undefined, OLD, NEW] }))).toBe('rolled')
  })
})

describe('a plan', () => {
  test('is read with its addresses without a slash at the end', () => {
    expect([PLAN.address, PLAN.nodes[0]!.address]).toEqual(['https://mc.example.com', 'http://a:3000'])
    expect(parsePlan(JSON.stringify({ ...PLAN, smoke: { email: 'a@example.com' } })).smoke).toEqual({
      email: 'a@example.com',
      org: undefined,
    })
  })

  test('with mistakes is refused with all of them', () => {
    expect(() => parsePlan('{')).toThrow('The plan is not JSON.')
    const nodes = [
      { name: 'a', address: 'a:3000', update: 'ssh a' },
      { name: 'a', address: 'http://b', update: ['x'] },
    ]
    let said = ''
    try {
      parsePlan(JSON.stringify({ address: 'mc.example.com', migrate: [], nodes, hooks: 1, smoke: {} }))
    } catch (error) {
      said = (error as Error).message
    }
    expect(said.split('\n').toSorted()).toEqual(
      [
        'Names of nodes must differ.',
        'There is no "hooks" in a plan.',
        'address must be an address with http:// or https://.',
        'migrate must be a list of words, such as ["ssh", "node-a", "update"].',
        'nodes[0].address must be an address with http:// or https://.',
        'nodes[0].update must be a list of words, such as ["ssh", "node-a", "update"].',
        'smoke.email must be a text.',
      ].toSorted(),
    )
    expect(() => parsePlan('[]')).toThrow('at least one node')
  })
})
