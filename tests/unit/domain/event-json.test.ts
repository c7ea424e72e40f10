import { describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { EVENTS } from '../../../src/contracts/events.ts'
import { LogEvent, PublishedBatch } from '../../../src/contracts/log-event.ts'
import { Notification } from '../../../src/contracts/resources.ts'
import { EVENT_TYPES } from '../../../src/contracts/vocabulary.ts'
import { envelopeJson, messageJson, sizeOf } from '../../../src/domain/event-json.ts'
import { sampleOf } from '../../support/samples.ts'

const ID = '00000000-0000-7000-8000-000000000001'

/** An event of a type as its owner has it. */
function logged(type: string): LogEvent {
  const event = { ...sampleOf(EVENTS[type]!), subject_ids: [ID], revokes: { reason: 'key', key_ids: [ID] } }
  if (!Value.Check(LogEvent, event)) throw new Error(`no event of ${type}`)
  return event
}

describe('W5 what an owner publishes', () => {
  const events = EVENT_TYPES.map(logged)
  const notifications = [{ ...sampleOf(Notification), user_id: ID }]
  const batch = { org_id: ID, log: 'testlog1', epoch: 7, events, notifications }

  test('is valid by its schema and the same after JSON and after a structured clone', () => {
    expect(Value.Check(PublishedBatch, batch)).toBe(true)
    const copies = [JSON.parse(JSON.stringify(batch)), structuredClone(batch)]
    for (const copy of copies) {
      expect(Value.Check(PublishedBatch, copy)).toBe(true)
      expect(copy).toEqual(batch)
      expect(copy.events.map(envelopeJson)).toEqual(events.map(envelopeJson))
    }
  })

  test.each(EVENT_TYPES)('%s reaches clients without the fields that route it', (type) => {
    const event = logged(type)
    const envelope = JSON.parse(envelopeJson(event))
    expect(Value.Check(EVENTS[type]!, envelope)).toBe(true)
    const { subject_ids: _subjects, revokes: _revokes, ...rest } = event
    expect(envelope).toEqual(rest)
    expect(sizeOf(event)).toBeGreaterThan(0)
  })

  test('is encoded once', () => {
    const event = logged('message.created')
    const message = messageJson(event)
    event.timestamp = 'changed afterwards'
    expect(messageJson(event)).toBe(message)
    const envelope = envelopeJson(event)
    event.timestamp = 'changed again'
    expect(envelopeJson(event)).toBe(envelope)
    expect(messageJson(logged('task.created'))).toBeUndefined()
  })
})
