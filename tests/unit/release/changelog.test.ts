import { describe, expect, test } from 'bun:test'
import { cut, sectionOf } from '../../../scripts/release/changelog.ts'

const CHANGELOG = `# Changelog

All notable changes.

## Unreleased

### Added
- A board.

### Bridge
- Voices.

### Fixed
- A hole.

## 0.1.0 - 2026-01-02

### Added
- Everything.
`

describe('a release is cut out of the changelog', () => {
  test('of the server: all that waits, but for the part of the bridge', () => {
    const after = cut(CHANGELOG, 'server', '0.2.0', '2026-03-04')
    expect(sectionOf(after, 'server', '0.2.0')).toBe('### Added\n- A board.\n\n### Fixed\n- A hole.')
    expect(after).toContain('## Unreleased\n\n### Bridge\n- Voices.\n\n## 0.2.0 - 2026-03-04\n')
    expect(sectionOf(after, 'server', '0.1.0')).toBe('### Added\n- Everything.')
  })

  test('of the bridge: its own part', () => {
    const after = cut(CHANGELOG, 'bridge', '0.2.0', '2026-03-04')
    expect(sectionOf(after, 'bridge', '0.2.0')).toBe('- Voices.')
    expect(sectionOf(after, 'server', '0.2.0')).toBeUndefined()
    // Then the server, the same day and with the same number: two sections.
    const both = cut(after, 'server', '0.2.0', '2026-03-04')
    expect(sectionOf(both, 'server', '0.2.0')).toBe('### Added\n- A board.\n\n### Fixed\n- A hole.')
    expect(sectionOf(both, 'bridge', '0.2.0')).toBe('- Voices.')
    expect(both).toContain('## Unreleased\n\n## 0.2.0 - 2026-03-04\n')
    expect(both.match(/\n{3,}/)).toBeNull()
  })

  test('not twice, and not without an entry', () => {
    const once = cut(CHANGELOG, 'server', '0.2.0', '2026-03-04')
    expect(() => cut(once, 'server', '0.2.0', '2026-03-04')).toThrow('already')
    expect(() => cut(once, 'server', '0.3.0', '2026-03-04')).toThrow('Nothing waits for the server')
    const without = CHANGELOG.replace('### Bridge\n- Voices.\n\n', '')
    expect(() => cut(without, 'bridge', '0.2.0', '2026-03-04')).toThrow('Nothing waits for the bridge')
    expect(() => cut('# Changelog\n', 'server', '0.2.0', '2026-03-04')).toThrow('has no line "## Unreleased"')
  })

  test('a section is found by its whole version', () => {
    expect(sectionOf(CHANGELOG, 'server', '0.1')).toBeUndefined()
    expect(sectionOf(CHANGELOG, 'bridge', '0.1.0')).toBeUndefined()
    expect(sectionOf(CHANGELOG.replace(' - 2026-01-02', ''), 'server', '0.1.0')).toBeUndefined()
  })
})
