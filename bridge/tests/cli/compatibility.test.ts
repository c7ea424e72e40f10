import { describe, expect, test } from 'bun:test'
import { API_VERSION, MIN_BRIDGE_VERSION, SERVER_VERSION } from '../../../src/contracts/version.ts'
import manifest from '../../package.json'
import { compatibility } from '../../src/compatibility.ts'
import { updateNotice } from '../../src/updates.ts'
import { BRIDGE_VERSION, versionLine } from '../../src/version.ts'

const OWN = { version: '1.2.3', api_version: '2026.2' }
const server = (api_version: string, min_bridge_version = '1.0.0') => ({
  version: '9.0.0',
  api_version,
  min_bridge_version,
})

describe('compatibility', () => {
  test('the version of the package is the one that the program tells', () => {
    expect(manifest.version).toBe(BRIDGE_VERSION)
    expect(versionLine()).toStartWith(`mc-bridge ${BRIDGE_VERSION} (API ${API_VERSION}, Bun `)
  })

  test('this bridge fits the server of the same release', () => {
    const own = { version: SERVER_VERSION, api_version: API_VERSION, min_bridge_version: MIN_BRIDGE_VERSION }
    expect(compatibility(own)).toEqual({ verdict: 'fits' })
  })

  test.each([
    ['the same', '2026.2', '1.0.0', 'fits'],
    ['an older minor', '2026.1', '1.0.0', 'fits'],
    ['a newer minor', '2026.10', '1.0.0', 'warn'],
    ['a newer year', '2027.1', '1.0.0', 'refuse'],
    ['an older year', '2025.9', '1.0.0', 'refuse'],
    ['exactly the oldest bridge', '2026.2', '1.2.3', 'fits'],
    ['a newer bridge needed', '2026.2', '1.10.0', 'refuse'],
    ['the release after our candidate', '2026.2', '1.2.4-rc.1', 'refuse'],
    ['no version', 'hello', '1.0.0', 'refuse'],
    ['no bridge version', '2026.2', '', 'refuse'],
  ])('%s', (_, api, min, verdict) => {
    expect(compatibility(server(api, min), OWN).verdict).toBe(verdict as 'fits')
  })

  test('B102 a refusal names the bridge that is needed, and this one', () => {
    for (const theirs of [server('2027.1', '2.0.0'), server('2026.2', '2.0.0'), server('2025.1', '2.0.0')]) {
      const refusal = compatibility(theirs, OWN)
      const message = refusal.verdict === 'refuse' ? refusal.message : ''
      expect(message).toContain('mc-bridge 2.0.0')
      expect(message).toContain('1.2.3')
    }
  })
})

describe('B103 updates', () => {
  test('a newer release is told once, an older or strange one never', () => {
    const newer = { ...server('2026.2'), version: '1.3.0' }
    expect(updateNotice(newer, null, '1.2.3')).toEqual({
      version: '1.3.0',
      text: 'The server runs Mission Control 1.3.0; this bridge is 1.2.3. Install mc-bridge 1.3.0 from the same release when it suits you.',
    })
    expect(updateNotice(newer, '1.3.0', '1.2.3')).toBeNull()
    expect(updateNotice({ ...newer, version: '1.4.0' }, '1.3.0', '1.2.3')?.version).toBe('1.4.0')
    for (const version of ['1.2.3', '1.2.2', 'next', ''])
      expect(updateNotice({ ...newer, version }, null, '1.2.3')).toBeNull()
  })
})
