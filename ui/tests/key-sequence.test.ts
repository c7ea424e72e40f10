import { describe, expect, test } from 'bun:test'
import { keyName } from '../src/composables/key-names.ts'
import { KeySequence, SEQUENCE_MS } from '../src/composables/key-sequence.ts'

function sequence() {
  const went: string[] = []
  const waiting: boolean[] = []
  let due: (() => void) | undefined
  let delay_ms: number | undefined
  const keys = new KeySequence(
    'g',
    { t: () => went.push('tasks'), p: () => went.push('projects') },
    {
      after(ms, run) {
        delay_ms = ms
        due = run
        return () => {
          due = undefined
        }
      },
      waiting: (is) => waiting.push(is),
    },
  )
  return { keys, went, waiting, pass: () => due?.(), delay: () => delay_ms }
}

describe('a sequence of two keys', () => {
  test('runs what the second key means, and takes both keys', () => {
    const { keys, went, waiting } = sequence()
    expect([keys.press('g'), keys.press('t')]).toEqual([true, true])
    expect(went).toEqual(['tasks'])
    expect(waiting).toEqual([true, false])
    expect(keys.press('t')).toBe(false)
  })

  test('ends without an effect when another key follows, which keeps its own meaning', () => {
    const { keys, went } = sequence()
    keys.press('g')
    expect(keys.press('c')).toBe(false)
    expect(keys.press('t')).toBe(false)
    expect(went).toEqual([])
  })

  test('ends after its time, by Escape and by the first key again', () => {
    const { keys, went, waiting, pass, delay } = sequence()
    keys.press('g')
    expect(delay()).toBe(SEQUENCE_MS)
    pass()
    expect(keys.press('t')).toBe(false)
    keys.press('g')
    expect(keys.press('Escape')).toBe(true)
    expect(keys.press('p')).toBe(false)
    keys.press('g')
    keys.press('g')
    expect(keys.press('p')).toBe(false)
    expect(went).toEqual([])
    expect(waiting.at(-1)).toBe(false)
  })

  test('waits on while a modifier goes down', () => {
    const { keys, went } = sequence()
    keys.press('g')
    expect(keys.press('Shift')).toBe(false)
    keys.press('p')
    expect(went).toEqual(['projects'])
  })

  test('knows no key by the names of an object', () => {
    const { keys } = sequence()
    keys.press('g')
    expect(keys.press('constructor')).toBe(false)
  })
})

describe('the name of a key', () => {
  const name = (key: string, code: string, shiftKey = false) => keyName({ key, code, shiftKey })

  test('is its character, in lower case', () => {
    expect([name('g', 'KeyG'), name('G', 'KeyG', true), name('?', 'Minus', true)]).toEqual(['g', 'g', '?'])
    expect([name('ArrowDown', 'ArrowDown'), name('[', 'Digit5')]).toEqual(['ArrowDown', '['])
  })

  test('is that of its place on a layout without Latin letters', () => {
    expect([name('п', 'KeyG'), name('ㅅ', 'KeyT'), name('ت', 'KeyJ')]).toEqual(['g', 't', 'j'])
    expect([name('х', 'BracketLeft'), name('؟', 'Slash', true)]).toEqual(['[', '?'])
  })

  test('is its character on a Latin layout, wherever the key is', () => {
    expect([name('a', 'KeyQ'), name('z', 'KeyY')]).toEqual(['a', 'z'])
  })

  test('is the character itself where the place has no name', () => {
    expect(name('é', 'Digit2')).toBe('é')
  })
})
