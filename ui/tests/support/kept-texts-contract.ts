import { expect, test } from 'bun:test'
import type { KeptTexts } from '../../src/platform/platform.ts'

/** What every place for texts on the device does. `again` opens the same place anew, as the next start of the app. */
export function keptTextsContract(make: () => { texts: KeptTexts; again(): KeptTexts }): void {
  test('has nothing at first', async () => {
    expect(await make().texts.read('a')).toBeUndefined()
  })

  test('has what was written, also at the next start', async () => {
    const { texts, again } = make()
    for (const text of ['x', '', '{"a":"b"}', '2026-11-28T12:00:00.000Z', 'ünïcode 𝌆', '42']) {
      await texts.write('a', text)
      expect(await texts.read('a')).toBe(text)
      expect(await again().read('a')).toBe(text)
    }
  })

  test('tells names apart', async () => {
    const { texts } = make()
    await texts.write('a', 'one')
    await texts.write('b', 'two')
    expect([await texts.read('a'), await texts.read('b')]).toEqual(['one', 'two'])
  })

  test('removes, also what is not there', async () => {
    const { texts, again } = make()
    await texts.write('a', 'x')
    await texts.write('a', undefined)
    await texts.write('b', undefined)
    expect([await texts.read('a'), await again().read('a')]).toEqual([undefined, undefined])
  })
}
