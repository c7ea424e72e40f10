import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { FAULT_KINDS, scriptOf } from './script.ts'

const options = { faults: 50, nodes: 3, orgs: 8, pause_ms: 20_000 }

test('a seed gives its script again, and another seed another one', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      expect(scriptOf({ ...options, seed })).toEqual(scriptOf({ ...options, seed }))
      expect(scriptOf({ ...options, seed })).not.toEqual(scriptOf({ ...options, seed: seed + 1 }))
    }),
  )
})

test('every kind of fault occurs, at nodes and orgs that exist', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: FAULT_KINDS.length, max: 80 }), (seed, faults) => {
      const script = scriptOf({ ...options, seed, faults })
      expect(script).toHaveLength(faults)
      expect(new Set(script.map(({ kind }) => kind)).size).toBe(FAULT_KINDS.length)
      for (const fault of script) {
        if (fault.kind === 'kill a node') expect(fault.node).toBeWithin(0, options.nodes)
        if (fault.kind === 'pause an owner') expect(fault.org).toBeWithin(0, options.orgs)
        expect(fault.pause_ms).toBeGreaterThan(0)
      }
    }),
  )
})
