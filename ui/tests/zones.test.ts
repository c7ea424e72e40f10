import { describe, expect, test } from 'bun:test'
import { clockIn, foundZones, zoneAt, zonesAt } from '../src/components/settings/zones.ts'

const SUMMER_MS = Date.parse('2026-07-01T12:00:00Z')
const WINTER_MS = Date.parse('2026-12-01T12:00:00Z')
const names = (typed: string) => foundZones(zonesAt(SUMMER_MS, 'UTC'), typed).map(({ name }) => name)

describe('zones to choose from', () => {
  test('have the offset of now', () => {
    expect(zoneAt('Europe/Berlin', SUMMER_MS).offset).toBe('UTC+02:00')
    expect(zoneAt('Europe/Berlin', WINTER_MS).offset).toBe('UTC+01:00')
    expect(zoneAt('America/St_Johns', WINTER_MS)).toEqual({
      name: 'America/St_Johns',
      offset_minutes: -210,
      offset: 'UTC-03:30',
    })
    expect(zoneAt('UTC', WINTER_MS).offset).toBe('UTC+00:00')
    expect(clockIn('Asia/Kathmandu', WINTER_MS).replace(/\s/g, ' ')).toMatch(/^(5:45 PM|17:45)$/)
  })

  test('are in the order of the sun, UTC and the stored one with them', () => {
    const zones = zonesAt(SUMMER_MS, 'Mars/Olympus')
    const offsets = zones.map(({ offset_minutes }) => offset_minutes)
    expect(offsets).toEqual([...offsets].sort((one, other) => one - other))
    expect(zones.filter(({ name }) => name === 'UTC' || name === 'Mars/Olympus')).toEqual([
      { name: 'Mars/Olympus', offset_minutes: 0, offset: '' },
      { name: 'UTC', offset_minutes: 0, offset: 'UTC+00:00' },
    ])
  })

  test('are found by parts of their name and by their offset', () => {
    expect(names('berl')).toEqual(['Europe/Berlin'])
    expect(names('new york')[0]).toBe('America/New_York')
    expect(names('America/New_York')).toEqual(['America/New_York'])
    expect(names('york america')).toEqual(['America/New_York'])
    expect(names('UTC+5:45')).toEqual(names('+05:45'))
    expect(names('utc')).toContain('UTC')
    expect(names('kolkata')).toEqual(['Asia/Kolkata'])
    expect(names('kyiv')).toEqual(['Europe/Kyiv'])
    expect(names('nowhere at all')).toEqual([])
    expect(names('  ').length).toBeGreaterThan(300)
  })
})
