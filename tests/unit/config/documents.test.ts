import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configDocuments } from '../../../scripts/config-docs.ts'
import { loadConfig, settingsOf } from '../../../src/config.ts'

const ROOT = join(import.meta.dir, '..', '..', '..')

test.each(Object.entries(configDocuments()))(
  '%s says what the table of settings says (else run: bun scripts/config-docs.ts)',
  (path, text) => {
    expect(readFileSync(join(ROOT, path), 'utf8')).toBe(text)
  },
)

test('the example, with every line switched on, changes nothing', () => {
  const lines = (configDocuments()['.env.example'] ?? '').split('\n').filter((line) => /^#[A-Z]/.test(line))
  const env = Object.fromEntries(lines.map((line) => line.slice(1).split(/=(.*)/s).slice(0, 2)))
  expect(Object.keys(env)).toEqual(settingsOf({}).map(({ name }) => name))
  expect({ ...loadConfig(env).config, node_id: '' }).toEqual({ ...loadConfig({}).config, node_id: '' })
})
