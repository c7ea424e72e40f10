import { describe, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { EVENT_PAYLOADS, type EventContent } from '../../../src/contracts/event-payloads.ts'
import { EVENTS, EventEnvelope, StreamEnvelope } from '../../../src/contracts/events.ts'
import { EVENT_TYPES, type EventType } from '../../../src/contracts/vocabulary.ts'
import { namedSchemas } from '../../../src/http/document.ts'
import { sampleOf } from '../../support/samples.ts'

describe('W1 every event type has one schema', () => {
  test('of its own', () => {
    expect(Object.keys(EVENT_PAYLOADS).toSorted()).toEqual([...EVENT_TYPES].toSorted())
    expect(new Set(Object.values(EVENTS)).size).toBe(EVENT_TYPES.length)
  })

  test('and neither a type without one nor a payload of another type compiles', () => {
    const { 'org.created': _left_out, ...rest } = EVENT_PAYLOADS
    // @ts-expect-error A type of the vocabulary has no schema.
    const incomplete: Record<EventType, unknown> = rest
    // @ts-expect-error The payload belongs to another type.
    const mixed: EventContent = { type: 'user.removed', payload: { channel_id: '', reason: 'time' } }
    expect([incomplete, mixed]).toHaveLength(2)
  })

  test('that the API document lists, discriminated by type', () => {
    const { Event, StreamEvent, ...named } = namedSchemas()
    const refs = EVENT_TYPES.map((type) => {
      const name = `Event${type.replace(/(?:^|[._])(\w)/g, (_, letter: string) => letter.toUpperCase())}`
      expect(named[name]).toMatchObject({ properties: { type: { const: type } } })
      return [type, `#/components/schemas/${name}`] as const
    })
    const mapping = Object.fromEntries(refs)
    expect(Event).toMatchObject({
      oneOf: refs.map(([, $ref]) => ({ $ref })),
      discriminator: { propertyName: 'type', mapping },
    })
    expect(StreamEvent).toMatchObject({ discriminator: { propertyName: 'type', mapping } })
  })
})

test.each(EVENT_TYPES)('an event of type %s is judged by its own schema', (type) => {
  const event = sampleOf(EVENTS[type]!)
  expect(Value.Check(EventEnvelope, event)).toBe(true)
  expect(Value.Check(StreamEnvelope, event)).toBe(true)
  expect(Value.Check(EventEnvelope, { ...event, payload: {} })).toBe(false)
  const other = type === 'channel.loop_resumed' ? 'org.created' : 'channel.loop_resumed'
  expect(Value.Check(EventEnvelope, { ...event, type: other })).toBe(false)
})
