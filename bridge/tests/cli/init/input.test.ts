import { describe, expect, test } from 'bun:test'
import { settle } from '../../../../tests/support/fake-clock.ts'
import { Dialog, NoAnswer } from '../../../src/cli/init/dialog.ts'
import { type InputStream, Stopped, StreamInput } from '../../../src/cli/init/input.ts'
import { Trouble } from '../../../src/proof/step.ts'

/** Standard input that a test types into. */
class FakeStream implements InputStream {
  readonly isTTY: boolean
  raw = false
  raw_changes: boolean[] = []
  #data: (text: string) => void = () => undefined
  #end: () => void = () => undefined

  constructor(is_terminal: boolean) {
    this.isTTY = is_terminal
  }
  setRawMode(on: boolean): void {
    this.raw = on
    this.raw_changes.push(on)
  }
  setEncoding(): void {}
  pause(): void {}
  on(event: 'data' | 'end', listener: (text: string) => void): void {
    if (event === 'data') this.#data = listener
    else this.#end = () => listener('')
  }
  type(text: string): void {
    this.#data(text)
  }
  end(): void {
    this.#end()
  }
}

function open(is_terminal = true) {
  const stream = new FakeStream(is_terminal)
  const input = new StreamInput(stream)
  let shown = ''
  const dialog = new Dialog(input, (text) => {
    shown += text
  })
  return { stream, input, dialog, shown: () => shown }
}

describe('lines', () => {
  test('come one by one, whatever pieces they arrive in', async () => {
    const { stream, input } = open(false)
    const first = input.line()
    stream.type('on')
    stream.type('e\r\ntwo\nthr')
    expect([await first, await input.line()]).toEqual(['one', 'two'])
    const last = input.line()
    stream.end()
    expect(await last).toBe('thr')
    expect(input.ended).toBe(true)
    expect(await input.line()).toBeUndefined()
  })
})

describe('B108 hidden input', () => {
  test('is read key by key, with the terminal raw only meanwhile', async () => {
    const { stream, input } = open()
    const typed = input.hidden()
    expect(stream.raw).toBe(true)
    stream.type('mc_kex\u007fy')
    stream.type('\u001b1\rnext\n')
    expect(await typed).toBe('mc_key1')
    expect(stream.raw_changes).toEqual([true, false])
    expect(await input.line()).toBe('next')
  })

  test.each(['\u0003', '\u0004'])('%j stops, and the terminal is as before', async (key) => {
    const { stream, input } = open()
    const typed = input.hidden()
    stream.type(key)
    expect(await typed.catch((error: unknown) => error)).toBeInstanceOf(Stopped)
    expect(stream.raw).toBe(false)
  })

  test('of a pipe is a line', async () => {
    const { stream, dialog, shown } = open(false)
    const answer = dialog.secret({ label: 'Key', otherwise: '' })
    stream.type('the-secret\n')
    expect(await answer).toBe('the-secret')
    expect(shown()).not.toContain('the-secret')
    expect(stream.raw_changes).toEqual([])
  })
})

describe('a question', () => {
  test('shows what an empty answer means', async () => {
    const { stream, dialog, shown } = open()
    const answer = dialog.text({ label: 'Address', fallback: 'ws://x', otherwise: '' })
    stream.type('\n')
    expect(await answer).toBe('ws://x')
    expect(shown()).toBe('  Address [ws://x]: ')
  })

  test('without a fallback is asked until somebody answers', async () => {
    const { stream, dialog, shown } = open()
    const answer = dialog.text({ label: 'Name', otherwise: '' })
    stream.type('\n\n  x  \n')
    expect(await answer).toBe('x')
    expect(shown()).toBe('  Name: '.repeat(3))
  })

  test('that a pipe leaves open takes its fallback, or says how to give the answer', async () => {
    const { stream, dialog } = open(false)
    const answer = dialog.text({ label: 'A', fallback: 'a', otherwise: '' })
    stream.end()
    expect(await answer).toBe('a')
    const error = await dialog.text({ label: 'B', otherwise: 'Set B.' }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(NoAnswer)
    expect(String(error)).toContain('Nobody answers: B. Set B.')
  })

  test('is asked again with the reason, and not for ever', async () => {
    const { stream, dialog, shown } = open(false)
    const answer = dialog.retry(async () => {
      const text = await dialog.text({ label: 'N', fallback: 'bad', otherwise: '' })
      if (text === 'good') return text
      throw new Trouble(`${text} is bad.`, 'Be good.')
    })
    stream.type('worse\n')
    await settle()
    stream.end()
    expect(String(await answer.catch((error: unknown) => error))).toContain('bad is bad.')
    expect(shown()).toContain('!   worse is bad.\n      Be good.')
  })

  test('with choices takes a number or a name', async () => {
    const { stream, dialog } = open()
    const choices = [
      { value: 'main', about: 'the first' },
      { value: 'scout', about: '' },
    ] as const
    const ask = () => dialog.choose('Which?', choices, { fallback: 'main', otherwise: '' })
    for (const [typed, chosen] of [
      ['2\n', 'scout'],
      ['scout\n', 'scout'],
      ['\n', 'main'],
      ['0\n3\nnone\n1\n', 'main'],
    ] as const) {
      const answer = ask()
      stream.type(typed)
      expect(await answer).toBe(chosen)
    }
  })

  test('for a yes: Enter means what is shown, nobody means no', async () => {
    const { stream, dialog } = open(false)
    for (const [typed, enter, means] of [
      ['y\n', false, true],
      ['maybe\nNO\n', true, false],
      ['\n', true, true],
    ] as const) {
      const answer = dialog.confirm('Sure?', enter)
      stream.type(typed)
      expect(await answer).toBe(means)
    }
    const answer = dialog.confirm('Sure?', true)
    stream.end()
    expect(await answer).toBe(false)
    expect(await dialog.confirm('Sure?', true)).toBe(false)
  })

  test('is not asked where nobody is', async () => {
    const dialog = new Dialog(undefined, () => undefined)
    expect(await dialog.text({ label: 'A', fallback: 'a', otherwise: '' })).toBe('a')
    expect(await dialog.confirm('Sure?', true)).toBe(false)
    const missing = dialog.secret({ label: 'Key', otherwise: 'Set MC_API_KEY.' })
    expect(String(await missing.catch(String))).toContain('Set MC_API_KEY.')
  })

  test('on a terminal that hangs up stops', async () => {
    const { stream, dialog } = open()
    const answer = dialog.text({ label: 'A', fallback: 'a', otherwise: '' })
    stream.end()
    expect(await answer.catch((error: unknown) => error)).toBeInstanceOf(Stopped)
  })
})
