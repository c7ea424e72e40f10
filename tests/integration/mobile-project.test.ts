import { afterAll, beforeAll, expect, test } from 'bun:test'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `bun run mobile sync` in a copy of what it reads, with a page in place of a build: no SDK, and nothing of the working copy changes. */

const ROOT = join(import.meta.dir, '..', '..')
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mc-mobile-'))
  const ui = join(root, 'ui')
  mkdirSync(join(ui, 'mobile'), { recursive: true })
  for (const path of [
    'package.json',
    'ui/capacitor.config.json',
    'ui/scripts',
    'ui/public',
    'ui/mobile/icon-1024.png',
  ])
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
  const made: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(join(ROOT, 'ui/package.json'), 'utf8'),
  )
  made.scripts['build:shell'] = 'bun build.ts'
  writeFileSync(join(ui, 'package.json'), JSON.stringify(made))
  writeFileSync(
    join(ui, 'build.ts'),
    `await Bun.write('mobile/www/index.html', '<!doctype html><html><head></head><body>made</body></html>')`,
  )
  symlinkSync(join(ROOT, 'ui/node_modules'), join(ui, 'node_modules'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function mobile(args: string[], hosts = ''): Promise<{ code: number; out: string }> {
  const child = Bun.spawn([process.execPath, 'ui/scripts/mobile.ts', ...args], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', HOME: root, MC_APP_HOSTS: hosts },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { code, out: out + err }
}

const read = (path: string) => readFileSync(join(root, 'ui/mobile', path), 'utf8')
const FILES = [
  'android/app/src/main/AndroidManifest.xml',
  'android/app/build.gradle',
  'ios/App/App/Info.plist',
  'ios/App/App.xcodeproj/project.pbxproj',
]

test('the native projects are made, and made again, without an SDK', async () => {
  const first = await mobile(['sync'])
  expect(first.code, first.out).toBe(0)
  expect(read('android/app/src/main/assets/public/index.html')).toContain('made')
  expect(read('ios/App/App/public/index.html')).toContain('made')
  expect(read('android/app/src/main/assets/capacitor.plugins.json')).toContain('SecureStorage')
  expect(read('android/app/src/main/AndroidManifest.xml')).toContain('android:scheme="mission-control"')
  expect(read('android/app/src/main/AndroidManifest.xml')).toContain('android:allowBackup="false"')
  expect(existsSync(join(root, 'ui/mobile/android/app/src/main/res/drawable/splash.png'))).toBe(false)
  expect(read('ios/App/App/Info.plist')).toContain('<string>mission-control</string>')
  const once = FILES.map(read)
  const second = await mobile(['sync'])
  expect(second.code, second.out).toBe(0)
  expect(FILES.map(read)).toEqual(once)
})

test('with hosts the projects open their https links, and without them again no more', async () => {
  const entitlements = join(root, 'ui/mobile/ios/App/App/App.entitlements')
  expect((await mobile(['sync'], 'mission.example/mc')).code).toBe(0)
  expect(read('android/app/src/main/AndroidManifest.xml')).toContain('android:pathPrefix="/mc/o/"')
  expect(readFileSync(entitlements, 'utf8')).toContain('applinks:mission.example')
  expect(read('ios/App/App.xcodeproj/project.pbxproj')).toContain('App.entitlements')
  expect((await mobile(['sync'])).code).toBe(0)
  expect(read('android/app/src/main/AndroidManifest.xml')).not.toContain('mission.example')
  expect(existsSync(entitlements)).toBe(false)
  expect((await mobile(['sync'], 'https://mission.example')).code).not.toBe(0)
})

test('the files for the host of a server are printed', async () => {
  const { code, out } = await mobile(['links', 'mission.example', 'AA:BB', 'TEAM'])
  expect(code).toBe(0)
  expect(out).toContain('/.well-known/assetlinks.json')
  expect(out).toContain('TEAM.app.missioncontrol.mobile')
  expect((await mobile(['links'])).code).not.toBe(0)
})
