import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Reader } from '../../../src/config/reader.ts'
import { readSettings } from '../../../src/config/settings.ts'

const SRC = join(import.meta.dir, '..', '..', '..', 'src')

/** Source files outside the table of settings itself. */
function sources(): string[] {
  return readdirSync(SRC, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(SRC, 'config/')))
}

test('I-64 every setting of the table is read somewhere in src: as a property, or by destructuring', () => {
  const text = sources()
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const keys = Object.keys(readSettings(new Reader({})))
  const unread = keys.filter(
    (key) =>
      !new RegExp(`(config|settings|values|options)\\.${key}\\b|[{,]\\s*${key}\\b[^}:]*}\\s*[:=]`).test(text),
  )
  expect(unread).toEqual([])
  const read = new Reader({})
  readSettings(read)
  expect(read.settings).toHaveLength(keys.length)
})
