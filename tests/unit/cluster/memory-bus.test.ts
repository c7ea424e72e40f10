import { describe, test } from 'bun:test'
import { BUS_RULES } from '../../support/bus-contract.ts'
import { MemoryBusHub } from '../../support/memory-bus.ts'

describe('R. the contract of a bus: in memory', () => {
  for (const [title, holds] of BUS_RULES)
    test(title, async () => {
      const hub = new MemoryBusHub()
      await holds({
        a: hub.connect(),
        b: hub.connect(),
        goAway: async () => hub.setAway(true),
        comeBack: async () => hub.setAway(false),
        stop: async () => undefined,
      })
    })
})
