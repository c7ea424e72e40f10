import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ERROR_STATUS } from '../../../src/contracts/errors.ts'
import { contractOf } from '../../support/contract.ts'
import { CALLER_NAMES, type CallerName, type Cell } from './callers.ts'
import { EXPECTED } from './expected.ts'
import { testsOfHiding } from './hidden.ts'
import { testsOfLists } from './lists.ts'
import { keyOf, REQUESTS } from './requests.ts'
import { ask } from './send.ts'
import { startWorld, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.server.stop())

describe('the table of rights', () => {
  test('has a line for every operation of the API document, and no others', async () => {
    const { document } = await contractOf(world.server.url)
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const listed = [...new Set(EXPECTED.map(({ operation }) => operation))]
    expect(listed.toSorted()).toEqual(documented.toSorted())
  })

  test('has a request for every line, and no line twice', () => {
    const keys = EXPECTED.map(keyOf)
    expect(keys.toSorted()).toEqual([...REQUESTS.keys()].toSorted())
  })

  test('gives every code its status', () => {
    const wrong = EXPECTED.flatMap(({ cells }) => Object.values(cells)).filter((cell) => {
      const [status, code] = cell.split(' ')
      return code !== undefined && ERROR_STATUS[code as keyof typeof ERROR_STATUS] !== Number(status)
    })
    expect(wrong).toEqual([])
  })
})

describe('everybody is answered as the table says', () => {
  test.each(EXPECTED.map((row) => [keyOf(row), row] as const))('%s', async (_, row) => {
    const answered: Partial<Record<CallerName, Cell>> = {}
    for (const caller of CALLER_NAMES) answered[caller] = await ask(world, row, caller)
    expect(answered).toEqual(row.cells)
  })
})

describe('what is hidden is refused like what never was', () => testsOfHiding(() => world))

describe('a list shows what may be seen', () => testsOfLists(() => world))
