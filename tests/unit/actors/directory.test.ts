import { describe, test } from 'node:test'
import { SingleNodeDirectory } from '../../../src/actors/runtime/directory.ts'
import { DIRECTORY_RULES, SINGLE_DIRECTORY_RULES } from '../../support/directory-contract.ts'
import { MemoryDirectories } from '../../support/memory-directory.ts'

describe('R. the contract of a directory: a single node', () => {
  for (const [title, holds] of SINGLE_DIRECTORY_RULES)
    test(title, () => holds(new SingleNodeDirectory('a'), new SingleNodeDirectory('b')))
})

describe('R. the contract of a directory: in memory', () => {
  for (const [title, holds] of DIRECTORY_RULES)
    test(title, async () => {
      const directories = new MemoryDirectories()
      await holds(directories.at('a'), directories.at('b'))
    })
})
