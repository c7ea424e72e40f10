import { stateContract } from './contract.ts'
import { stateFolder } from './folder.ts'
import { MemoryState } from './memory-state.ts'

const folder = stateFolder()

stateContract('the state in a file', (now, limits) => {
  const path = folder.file()
  let state = folder.open(path, { now, limits })
  return {
    state,
    restart: () => {
      state.close()
      state = folder.open(path, { now, limits })
      return state
    },
  }
})

stateContract('the state in memory', (now, limits) => {
  const state = new MemoryState(now, limits)
  return { state, restart: () => state }
})
