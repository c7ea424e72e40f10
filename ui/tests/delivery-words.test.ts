import { expect, test } from 'bun:test'
import type { Delivery } from '../../src/contracts/resources.ts'
import { deliveryWords } from '../src/components/chat/delivery-words.ts'
import { AGENT, NOON } from './support/samples.ts'

const NOW = Date.parse(NOON) + 72_000
const words = (state: Delivery['state'], detail: string | null = null) =>
  deliveryWords({ agent_id: AGENT, state, detail, updated_at: NOON }, NOW)

test('a delivery says how far it is, and for how long an agent works', () => {
  expect(words('queued').text).toBe('queued')
  expect(words('delivered')).toEqual({ text: 'delivered', look: '' })
  expect(words('working')).toEqual({ text: 'working 1:12', look: 'is-work num' })
  expect(words('answered').text).toStartWith('answered ')
})

test('a failed delivery says why, in full', () => {
  const reason = 'The gateway refused the turn. '.repeat(16).trim()
  expect(words('failed', reason)).toEqual({ text: reason, look: 'is-fail' })
  expect(words('failed').text).toBe('not delivered')
})

test('what an unfinished delivery waits for stands beside its state', () => {
  const detail = 'Waits: the gateway does not answer'
  expect(words('queued', detail)).toEqual({
    text: 'queued, waits: the gateway does not answer',
    look: 'is-wait',
  })
  expect(words('working', detail).text).toBe('working 1:12, waits: the gateway does not answer')
  expect(words('answered', detail).look).toBe('is-ok')
})

test('an agent that is away is said to be so in the time of the reader', () => {
  expect(words('queued', `not connected since ${NOON}`).text).toMatch(/^queued, not connected since \d/)
  expect(words('queued', 'never connected').text).toBe('queued, never connected')
})
