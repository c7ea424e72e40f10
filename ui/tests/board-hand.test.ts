import './support/dom.ts'
import { describe, expect, test } from 'bun:test'
import { columnsOf } from '../src/components/board/columns-of.ts'
import type { CardKind } from '../src/components/board/use-hand.ts'

// Vue keeps the document that it finds, so it comes after the import above.
const { useHand } = await import('../src/components/board/use-hand.ts')

type Place = 'left' | 'middle' | 'right' | 'out'
interface Thing {
  id: string
  at: Place
  size: number
}

/** A board of which the middle is next to everything, `out` takes nothing, and the test answers the requests. */
function board() {
  const sent: string[] = []
  const refused: [string, unknown][] = []
  const requests: PromiseWithResolvers<void>[] = []
  const kind: CardKind<Thing, Place> = {
    places: ['left', 'middle', 'right', 'out'],
    steps: ['left', 'middle', 'right'],
    words: { left: 'Left', middle: 'Middle', right: 'Right', out: 'Out' },
    noun: 'task',
    placeOf: ({ at }) => at,
    nameOf: ({ id }) => `Thing ${id}`,
    compare: (a, b) => a.size - b.size,
    refusal: (thing, to) => (to === 'out' ? `${thing.id} stays.` : undefined),
    send: (thing, to) => {
      sent.push(`${thing.id} to ${to}`)
      const request = Promise.withResolvers<void>()
      requests.push(request)
      return request.promise
    },
    refuse: (thing, why) => refused.push([thing.id, why]),
  }
  return { hand: useHand(kind), kind, sent, refused, requests }
}
const thing = (id: string, at: Place = 'left', size = 1): Thing => ({ id, at, size })

describe('the hand over a board', () => {
  test('by keyboard says each step, stops at both ends, and drops where it is', async () => {
    const { hand, sent, requests } = board()
    hand.hold(thing('a'), 'keyboard')
    expect(hand.announcement.value).toMatch(/Thing a.* lifted from Left\..* choose a column/)
    hand.step(-1)
    expect(hand.held.value?.over).toBe('left')
    for (let i = 0; i < 3; i++) hand.step(1)
    expect(hand.held.value?.over).toBe('right')
    expect(hand.announcement.value).toBe('Right. ')
    const dropped = hand.drop()
    expect(hand.held.value).toBeUndefined()
    expect([sent, [...hand.moving]]).toEqual([['a to right'], ['a']])
    requests[0]?.resolve()
    await dropped
    expect(hand.moving.size).toBe(0)
    hand.arrived(thing('a', 'right'))
    expect(hand.announcement.value).toMatch(/Thing a.* is in Right now\.$/)
  })

  test('asks for no move when the card is put down where it was, or let go', async () => {
    const { hand, sent } = board()
    hand.hold(thing('a'), 'pointer')
    hand.over('middle')
    hand.over(undefined)
    await hand.drop()
    expect(hand.announcement.value).toBe('Dropped in Left, where it was.')
    expect(hand.put_down.value).toBe('a')
    hand.hold(thing('a'), 'keyboard')
    hand.step(1)
    hand.cancel()
    expect([hand.announcement.value, hand.held.value]).toEqual(['Move cancelled.', undefined])
    await hand.drop()
    expect(sent).toEqual([])
  })

  test('knows the reason before the drop, and a refusal asks for no move', async () => {
    const { hand, sent, refused } = board()
    hand.hold(thing('a'), 'pointer')
    expect(hand.why_not.value).toBeUndefined()
    hand.over('out')
    expect([hand.why_not.value, hand.announcement.value]).toEqual(['a stays.', 'Out. a stays.'])
    await hand.drop()
    expect([refused, sent]).toEqual([[['a', 'a stays.']], []])
  })

  test('a refusal of the server is shown, and other moves stay under way', async () => {
    const { hand, refused, requests } = board()
    const first = hand.move(thing('a'), 'right')
    const second = hand.move(thing('b'), 'right')
    expect([...hand.moving]).toEqual(['a', 'b'])
    const failure = new Error('No.')
    requests[0]?.reject(failure)
    await first
    expect([refused, [...hand.moving]]).toEqual([[['a', failure]], ['b']])
    requests[1]?.resolve()
    await second
    expect(hand.moving.size).toBe(0)
  })
})

test('each place has its cards in order, also one without any', () => {
  const columns = columnsOf(board().kind, [thing('a', 'left', 2), thing('b', 'left', 1), thing('c', 'out')])
  expect([...columns].map(([place, cards]) => [place, cards.map(({ id }) => id)])).toEqual([
    ['left', ['b', 'a']],
    ['middle', []],
    ['right', []],
    ['out', ['c']],
  ])
})
