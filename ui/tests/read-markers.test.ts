import { expect, test } from 'bun:test'
import { FakeClock } from '../../tests/support/fake-clock.ts'
import { CountReader } from '../src/realtime/count-reader.ts'
import { SentMarkers } from '../src/realtime/sent-markers.ts'

test('the last markers are sent again after a reconnect, each channel once with its furthest', () => {
  const markers = new SentMarkers()
  for (let at = 0; at < 30; at++) markers.sent(`channel ${at}`, { seq: 1, rewinds: 0 })
  markers.sent('channel 29', { seq: 5, rewinds: 0 })
  expect(markers.all()).toHaveLength(20)
  expect(markers.all().at(-1)).toEqual(['channel 29', { seq: 5, rewinds: 0 }])
  markers.clear()
  expect(markers.all()).toEqual([])
})

test('the counts of a channel are read once its marker rests, and never after the page is left', async () => {
  const clock = new FakeClock()
  const asked: string[] = []
  const counts = new CountReader(
    clock,
    async (channel_id) => {
      asked.push(channel_id)
    },
    () => {},
  )
  counts.read('a')
  await clock.advance(1_000)
  counts.read('a')
  await clock.advance(1_000)
  expect(asked).toEqual([])
  await clock.advance(1_000)
  expect(asked).toEqual(['a'])
  counts.read('b')
  counts.stop()
  await clock.advance(5_000)
  expect(asked).toEqual(['a'])
})
