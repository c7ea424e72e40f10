import { expect, test } from 'bun:test'
import { Inboxes } from '../../../src/cluster/inboxes.ts'
import { eventually } from '../../support/bus-contract.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'

async function pair() {
  const hub = new MemoryBusHub()
  const bus = hub.connect()
  const texts: string[] = []
  await hub.connect().subscribe('node:b', (text) => void texts.push(text))
  const taken: unknown[] = []
  await new Inboxes(hub.connect()).open('b', (message) => void taken.push(message))
  return { bus, from: new Inboxes(bus), texts, taken }
}

test('what one turn has for a node leaves together, in order', async () => {
  const { from, texts, taken } = await pair()
  const sent = [1, 2, 3].map((n) => from.send('b', { n }))
  const elsewhere = from.send('c', { n: 4 })
  expect(await Promise.all(sent)).toEqual([2, 2, 2])
  expect(await elsewhere).toBe(0)
  const later = from.send('b', { n: 5 })
  expect(await later).toBe(2)
  await eventually(() => taken.length === 4, 'all messages')
  expect(taken).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 5 }])
  expect(texts).toEqual(['[{"n":1},{"n":2},{"n":3}]', '[{"n":5}]'])
})

test('a parcel has a bound, and order holds across parcels', async () => {
  const { from, texts, taken } = await pair()
  const large = 'x'.repeat(200 * 1024)
  await Promise.all([1, 2, 3].map((n) => from.send('b', { n, large })))
  await eventually(() => taken.length === 3, 'all messages')
  expect(taken.map((message) => (message as { n: number }).n)).toEqual([1, 2, 3])
  expect(texts.length).toBe(3)
})

test('without the bus each sender learns of it', async () => {
  const { bus, from, taken } = await pair()
  const sent = [from.send('b', 1), from.send('b', 2)]
  bus.setAway(true)
  const ends = await Promise.allSettled(sent)
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(taken).toEqual([])
})

test('what is no list is handed on, to be refused', async () => {
  const { bus, taken } = await pair()
  await bus.publish('node:b', 'no JSON')
  await bus.publish('node:b', '{"n":1}')
  await eventually(() => taken.length === 2, 'both')
  expect(taken).toEqual([undefined, { n: 1 }])
})
