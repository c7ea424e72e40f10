/** Path tricks: traversal, encodings, and spellings that a proxy's rule and this server's routes read differently. */
import { beforeAll, expect, test } from 'bun:test'
import { exchange, type World, world } from './world.ts'

let target: World

beforeAll(async () => {
  target = await world()
})

const get = (path: string, ...fields: string[]) =>
  exchange(target, [`GET ${path} HTTP/1.1`, 'Host: localhost', ...fields])
const bearer = () => `Authorization: Bearer ${target.agent.key}`

/** Of files beside the app: none may be served. */
const FOREIGN = /"workspaces"|root:x?:0|BEGIN [A-Z ]*PRIVATE|postmaster|import \{ defineConfig \}/

test.each([
  '/../package.json',
  '/assets/../../package.json',
  '/assets/..%2f..%2fpackage.json',
  '/assets/%2e%2e/%2e%2e/package.json',
  '/%2e%2e%2f%2e%2e%2fetc/passwd',
  '/..%252f..%252fetc/passwd',
  '/..%5c..%5cpackage.json',
  '/..\\..\\package.json',
  '/....//....//etc/passwd',
  '/..;/..;/package.json',
  '/assets//etc/passwd',
  '//etc/passwd',
  '/file:///etc/passwd',
  '/docs/..%2f..%2fpackage.json',
  '/docs/%2e%2e/package.json',
  '/docs/../../package.json',
  '/vite.config.ts',
  '/.vite/manifest.json/../../../vite.config.ts',
  '/.env',
  '/.git/config',
  '/%00/etc/passwd',
  '/index.html%00.js',
  '/data/secrets/jwt-secret',
])('%s leads to no file beside the app', async (path) => {
  const text = await get(path)
  expect(text).toMatch(/^HTTP\/1\.1 (200|400|404) /)
  expect(text).not.toMatch(FOREIGN)
  // The page of the app may answer for the path of a page.
  if (text.startsWith('HTTP/1.1 200')) expect(text.toLowerCase()).toContain('content-type: text/html')
})

test('a spelling of a path of the API is that path, or none: it opens nothing that the path itself does not', async () => {
  const org = `/api/v1/orgs/${target.params.org_slug}`
  for (const path of [
    `${org}/../elsewhere/channels`,
    `${org}%2fchannels`,
    `${org}/%2e%2e/elsewhere/channels`,
    `${org}/channels/..%2f..%2f..%2f..%2fmetrics`,
    `${org};/channels`,
    `/api/v1/orgs/./${target.params.org_slug}/channels`,
    `/api//v1/orgs/${target.params.org_slug}/channels`,
    `//api/v1/orgs/${target.params.org_slug}/channels`,
    `/API/v1/orgs/${target.params.org_slug}/channels`,
    `/api/v1/%6frgs/${target.params.org_slug}/channels`,
    `${org}/channels/`,
    `${org}/channels?/../x`,
    `${org}/channels%3f`,
    `${org}/channels#x`,
  ]) {
    const open = await get(path)
    // Without credentials no spelling gives data.
    expect([path, open.includes('"data"')]).toEqual([path, false])
    expect([path, /^HTTP\/1\.1 (200|400|401|404) /.test(open)]).toEqual([path, true])
    const known = await get(path, bearer())
    expect([path, /^HTTP\/1\.1 (200|400|404) /.test(known)]).toEqual([path, true])
  }
})

test('what is for this machine only has one spelling', async () => {
  for (const path of [
    '/metrics',
    '/metrics/',
    '//metrics',
    '/./metrics',
    '/%6detrics',
    '/METRICS',
    '/metrics;x',
    '/docs/../metrics',
  ]) {
    const text = await get(path, 'X-Forwarded-For: 203.0.113.9')
    expect([path, text.includes('mc_') && text.includes('# HELP')]).toEqual([path, false])
  }
})

test('an id of the path is an id: no other path, no query and no statement', async () => {
  const org = `/api/v1/orgs/${target.params.org_slug}`
  for (const id of [
    `${target.params.task_id}%2f..`,
    `${target.params.task_id}%00`,
    "1'%20or%20'1'='1",
    '*',
    '%25',
    '..',
    'me%2f..%2f..',
  ]) {
    const text = await get(`${org}/tasks/${id}`, bearer())
    expect([id, /^HTTP\/1\.1 (400|404) /.test(text)]).toEqual([id, true])
  }
})
