import { afterEach, expect, test } from 'bun:test'
import { ApiError, notFound } from '../../../src/contracts/errors.ts'
import type { Deps } from '../../../src/http/deps.ts'
import { despiteLag } from '../../../src/http/endpoint.ts'
import { EdgeNode } from '../../support/edge-node.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'
import { numbered } from '../../support/memory-edge-source.ts'
import { EdgeWorld, ORG } from '../edge/world.ts'

let node: EdgeNode
afterEach(() => node.stop())

/** An edge whose node heard nothing of what was committed, and a check that passes at the end of the log. */
async function lagging() {
  const world = new EdgeWorld({ [numbered(1)]: 'contributor' })
  world.source.author = numbered(1)
  node = new EdgeNode(world, new MemoryBusHub().connect())
  const edge = await node.open()
  const deps = {
    edges: node.edges,
    identify: { orgId: async () => ORG } as unknown as Deps['identify'],
  }
  let asked = 0
  const check = async () => {
    asked++
    if (edge.head() < 1) throw notFound('channel')
    return 'seen'
  }
  return { world, deps, check, asked: () => asked }
}

test('D15 a refusal is judged again at the end of the log', async () => {
  const { world, deps, check, asked } = await lagging()
  world.say()
  expect(await despiteLag(deps, 'org', check)).toBe('seen')
  expect(asked()).toBe(2)
})

test('D15 a refusal at the end of the log is given at once, one read of the head later', async () => {
  const { world, deps, check, asked } = await lagging()
  await expect(despiteLag(deps, 'org', check)).rejects.toThrow()
  expect([asked(), world.reads.head]).toEqual([1, 1])
})

test('D15 what had an effect is not repeated, nor is any other failure', async () => {
  const { world, deps, check, asked } = await lagging()
  world.say()
  await expect(despiteLag(deps, 'org', check, () => false)).rejects.toThrow()
  expect(asked()).toBe(1)
  const full = async () => {
    throw new ApiError('RATE_LIMITED', 'Too many.')
  }
  await expect(despiteLag(deps, 'org', full)).rejects.toThrow('Too many.')
  expect(world.reads.head).toBe(0)
})
