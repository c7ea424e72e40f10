import { afterEach, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiError, notFound } from '../../../src/contracts/errors.ts'
import type { OrgEdge } from '../../../src/edge/org-edge.ts'
import type { Deps } from '../../../src/http/deps.ts'
import { despiteLag } from '../../../src/http/endpoint.ts'
import { EdgeNode } from '../../support/edge-node.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'
import { numbered } from '../../support/memory-edge-source.ts'
import { EdgeWorld, GENERAL, ORG } from '../edge/world.ts'

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

test('D15 what follows from rights is answered at the end of the log', async () => {
  const { world, deps } = await lagging()
  world.addProject(numbered(7), [numbered(1)])
  const channelsIn = ({ permissions }: OrgEdge) =>
    permissions.readableChannels({ kind: 'human', id: numbered(1) }).map(({ id }) => id)
  expect(channelsIn(await deps.edges.open(ORG))).toEqual([GENERAL])
  expect(channelsIn(await deps.edges.current(ORG)).length).toBe(2)
  // Once for each call: a later one may have been told more.
  expect(world.reads.head).toBe(1)
  await deps.edges.current(ORG)
  expect(world.reads.head).toBe(2)
})

test('D15 no route answers from an edge that may be behind its log', () => {
  const folder = join(import.meta.dir, '..', '..', '..', 'src', 'http')
  const behind = [...new Bun.Glob('**/*.ts').scanSync({ cwd: folder })].filter((file) =>
    /edge\.permissions\s*\.(?:readableChannels|settings)|edges\.open\(/.test(
      readFileSync(join(folder, file), 'utf8'),
    ),
  )
  expect(behind).toEqual([])
})
