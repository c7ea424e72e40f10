import { describe, expect, test } from 'bun:test'
import { computed, nextTick, ref } from 'vue'
import { ending, neighbours, useTurn } from '../src/components/board/use-turn.ts'

const ORDER = ['a', 'b', 'c']

describe('the neighbours of an open thing', () => {
  test('are those of its list', () => {
    expect(neighbours(ORDER, 'b', -1)).toEqual({ place: { at: 2, of: 3 }, previous: 'a', next: 'c' })
    expect(neighbours(ORDER, 'a', -1)).toEqual({ place: { at: 1, of: 3 }, previous: undefined, next: 'b' })
  })

  test('are those around its former place after it left the list', () => {
    expect(neighbours(['a', 'c'], 'b', 1)).toEqual({ place: undefined, previous: 'a', next: 'c' })
    expect(neighbours([], 'b', 1)).toEqual({ place: undefined, previous: undefined, next: undefined })
  })

  test('do not exist for a thing that was never in the list', () => {
    const turn = { noun: 'task' as const, ...neighbours(ORDER, 'x', -1) }
    expect(ending(turn, 1)).toBe('This task is not in the list.')
    expect(ending({ noun: 'task', ...neighbours(ORDER, 'c', -1) }, 1)).toBe(
      'This is the last task of the list.',
    )
    expect(ending({ noun: 'task', ...neighbours(ORDER, 'c', -1) }, -1)).toBe('')
  })
})

test('a step goes to the neighbour and says its place; at the end it says why there is none', async () => {
  const order = ref(ORDER)
  const open_id = ref('b')
  const { step, turn, button, announcement } = useTurn({
    noun: 'task',
    order: () => order.value,
    open_id: () => open_id.value,
    nameOf: (id) => id.toUpperCase(),
    go: (id) => {
      open_id.value = id
    },
  })
  step(1, true)
  expect([open_id.value, announcement.value, button.value]).toEqual(['c', '3 of 3: C', 1])
  step(1)
  expect([open_id.value, announcement.value]).toEqual(['c', 'This is the last task of the list.'])
  step(-1)
  expect([open_id.value, button.value]).toEqual(['b', undefined])
  order.value = ['a', 'c']
  await nextTick()
  expect(computed(() => turn.value.next).value).toBe('c')
  open_id.value = 'x'
  expect(turn.value).toMatchObject({ previous: undefined, next: undefined })
})
