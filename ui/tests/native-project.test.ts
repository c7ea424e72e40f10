import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  androidManifest,
  androidVersion,
  associationFiles,
  iosEntitlements,
  iosInfo,
  iosProject,
  linkHost,
  versionCode,
} from '../scripts/native-project.ts'

const MANIFEST = `<manifest>
    <application
        android:allowBackup="true"
        android:icon="@mipmap/ic_launcher">

        <activity
            android:name=".MainActivity"
            android:launchMode="singleTask"
            android:exported="true">

        </activity>
    </application>
</manifest>
`
const INFO = `<plist version="1.0">
<dict>
	<key>UIMainStoryboardFile</key>
	<string>Main</string>
</dict>
</plist>
`
const PROJECT = `
				CODE_SIGN_STYLE = Automatic;
				CURRENT_PROJECT_VERSION = 1;
				IPHONEOS_DEPLOYMENT_TARGET = 15.0;
				MARKETING_VERSION = 1.0;
`

describe('the native projects', () => {
  test('are changed the same by a second run', () => {
    for (const change of [
      (text: string) => androidManifest(text, 'mission-control', ['mission.example']),
      (text: string) => androidManifest(text, 'mission-control', []),
    ])
      expect(change(change(MANIFEST))).toBe(change(MANIFEST))
    const info = (text: string) => iosInfo(text, 'mission-control')
    expect(info(info(INFO))).toBe(info(INFO))
    const project = (text: string) => iosProject(text, '1.2.3', ['mission.example'])
    expect(project(project(PROJECT))).toBe(project(PROJECT))
    expect(iosProject(project(PROJECT), '1.2.3', [])).toBe(iosProject(PROJECT, '1.2.3', []))
  })

  test('open the links of the app and of named hosts, and no others', () => {
    const without = androidManifest(MANIFEST, 'mission-control', [])
    expect(without).toContain('android:scheme="mission-control"')
    expect(without).not.toContain('https')
    const with_host = androidManifest(MANIFEST, 'mission-control', ['mission.example/mc'])
    expect(with_host).toContain('android:autoVerify="true"')
    expect(with_host).toContain('android:host="mission.example" android:pathPrefix="/mc/o/"')
    // A prefix of everything would take the answers of providers from the browser that asked for them.
    expect(with_host).not.toMatch(/pathPrefix="\/mc\/"|\/auth/)
    expect(iosEntitlements(['mission.example/mc', 'mission.example'])).toMatch(
      /<array>\s*<string>applinks:mission\.example<\/string>\s*<\/array>/,
    )
    for (const text of ['', 'https://mission.example', 'a b', 'x"/><evil', '*.example.com'])
      expect(() => linkHost(text)).toThrow()
  })

  test('keep sessions out of backups, and plain http on the device', () => {
    const manifest = androidManifest(MANIFEST, 'mission-control', [])
    expect(manifest).toContain('android:allowBackup="false"')
    expect(manifest).toContain('android:networkSecurityConfig="@xml/network_security_config"')
    expect(iosInfo(INFO, 'mission-control')).toContain('<key>NSAllowsLocalNetworking</key>')
    expect(iosInfo(INFO, 'mission-control')).not.toContain('NSAllowsArbitraryLoads')
  })

  test('have the version of the release, and a higher code for each', () => {
    expect(androidVersion('versionCode 1\nversionName "1.0"', '1.2.3')).toBe(
      'versionCode 1002003\nversionName "1.2.3"',
    )
    expect(versionCode('0.10.0')).toBeGreaterThan(versionCode('0.9.9'))
    expect(versionCode('1.0.0')).toBeGreaterThan(versionCode('0.999.999'))
  })

  test('of another Capacitor are refused instead of left half done', () => {
    expect(() => androidManifest('<manifest/>', 'mission-control', [])).toThrow('no place for')
    expect(() => iosInfo('<plist/>', 'mission-control')).toThrow('no place for')
  })

  test('are named by the files of a host', () => {
    const files = JSON.stringify(
      associationFiles({ app_id: 'a.b', host: 'mission.example/mc', fingerprint: 'AA:BB', team_id: 'T1' }),
    )
    expect(files).toContain('"T1.a.b"')
    expect(files).toContain('"/mc/o/*"')
    expect(files).toContain('"AA:BB"')
  })

  test('have the scheme that the app reads', () => {
    const read = (path: string) => readFileSync(join(import.meta.dir, '..', path), 'utf8')
    const [, scheme] = /SCHEME = '([a-z-]+)'/.exec(read('scripts/mobile.ts')) ?? []
    expect(read('src/platform/server-address.ts')).toContain(`SCHEME = '${scheme}:'`)
  })
})
