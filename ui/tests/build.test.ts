import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FIRST_LOAD_BYTES_MAX, firstLoad, VIEW_BYTES_MAX, viewChunks } from '../scripts/size.ts'

/** Checks on what is shipped, made by a build of its own. */
let dist = ''

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'mc-ui-build-'))
  const build = Bun.spawn(
    [
      process.execPath,
      'x',
      '--bun',
      'vite',
      'build',
      '--outDir',
      dist,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ],
    {
      cwd: join(import.meta.dir, '..'),
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...process.env, NODE_ENV: 'production' },
    },
  )
  const [code, errors] = await Promise.all([build.exited, new Response(build.stderr).text()])
  if (code !== 0) throw new Error(errors)
})

afterAll(async () => {
  await rm(dist, { recursive: true, force: true })
})

const assets = async (suffix: string) => {
  const names = (await readdir(join(dist, 'assets'))).filter((name) => name.endsWith(suffix))
  return await Promise.all(
    names.map(async (name) => ({ name, text: await readFile(join(dist, 'assets', name), 'utf8') })),
  )
}

describe('the built app', () => {
  test('loads less JavaScript for sign-in than allowed', () => {
    expect(firstLoad(dist, 'src/pages/LoginPage.vue').gzip_bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX)
  })

  test('loads less JavaScript for each view than allowed', () => {
    const views = viewChunks(dist)
    expect(views.map(({ view }) => view)).toContain('src/pages/org/TasksPage.vue')
    expect(views.filter(({ gzip_bytes }) => gzip_bytes > VIEW_BYTES_MAX)).toEqual([])
  })

  test('has no inline script and no inline style: the content policy forbids them', async () => {
    const html = await readFile(join(dist, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/i)
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=/i)
  })

  test('asks nothing of another host', async () => {
    const html = await readFile(join(dist, 'index.html'), 'utf8')
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//i)
    for (const { text } of await assets('.css'))
      expect(text).not.toMatch(/url\(["']?(?:https?:)?\/\/|@import|url\(["']?data:font/i)
  })

  test('carries fonts as woff2 of latin and latin-ext only', async () => {
    const fonts = (await readdir(join(dist, 'assets'))).filter((name) => /\.(woff2?|ttf|otf|eot)$/.test(name))
    expect(fonts.length).toBeGreaterThan(0)
    for (const name of fonts) expect(name).toMatch(/-latin(-ext)?-\d00-(normal|italic)-[\w-]+\.woff2$/)
  })

  test('names everything by content but the page, its pictures, manifest and service worker, and the pages of the guide', async () => {
    const names = (await readdir(dist, { recursive: true })).filter(
      (name) => /\.\w+$/.test(name) && !name.startsWith('.vite'),
    )
    for (const name of names)
      expect(name.replace(/\.(br|gz)$/, '')).toMatch(
        /^(index\.html|sw\.js|robots\.txt|manifest\.webmanifest|(favicon|icon|apple-touch-icon|screenshot)[\w-]*\.(svg|ico|png)|(docs\/guide\/)?assets\/[\w.-]+-[\w-]{8}\.\w+|docs\/guide\/(?!assets\/).+\.(html|json|webp))$/,
      )
  })

  test('has a brotli and a gzip copy of every larger text, and of nothing else', async () => {
    const names = (await readdir(dist, { recursive: true })).filter((name) => !name.startsWith('.vite'))
    for (const name of names.filter((one) => /\.(js|css|html|svg)$/.test(one))) {
      const { length } = await readFile(join(dist, name))
      for (const ending of ['br', 'gz'])
        expect([name, names.includes(`${name}.${ending}`)]).toEqual([name, length >= 1_024])
    }
    expect(names.filter((name) => /\.(woff2|png)\.(br|gz)$/.test(name))).toEqual([])
  })

  test('has a service worker that lists all files under assets', async () => {
    const worker = await readFile(join(dist, 'sw.js'), 'utf8')
    expect(worker).not.toMatch(/__[A-Z]+__/)
    const listed = JSON.parse(/const FILES = (\[.*\])/.exec(worker)?.[1] ?? '[]')
    const shipped = (await readdir(join(dist, 'assets'))).filter((name) => !/\.(br|gz)$/.test(name))
    expect(listed.sort()).toEqual(['', ...shipped.map((name) => `assets/${name}`)].sort())
  })

  test('leaves the schema library at home', async () => {
    for (const { text } of await assets('.js')) expect(text).not.toContain('TypeBox')
  })
})
