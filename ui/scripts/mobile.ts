/**
 * `bun run mobile sync [android|ios]`: builds the web part and makes or updates the native projects in `ui/mobile/`, without the
 * SDK of either. `bun run mobile links HOST FINGERPRINT TEAM_ID` prints the files that the host of a server serves for links.
 * `MC_APP_HOSTS`: hosts, separated by commas, whose links the app opens. docs/mobile.md says the rest.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ANDROID_NETWORK,
  androidManifest,
  androidVersion,
  associationFiles,
  iosEntitlements,
  iosInfo,
  iosProject,
  linkHost,
} from './native-project.ts'

const UI = join(import.meta.dir, '..')
const config: { appId: string } = JSON.parse(readFileSync(join(UI, 'capacitor.config.json'), 'utf8'))
const { version }: { version: string } = JSON.parse(readFileSync(join(UI, '..', 'package.json'), 'utf8'))
/** The scheme of ui/src/platform/server-address.ts. */
const SCHEME = 'mission-control'
const hosts = (process.env.MC_APP_HOSTS ?? '')
  .split(',')
  .map((host) => host.trim())
  .filter(Boolean)
  .map(linkHost)

const PLATFORMS = { android: dressAndroid, ios: dressIos }

const [command, ...rest] = process.argv.slice(2)
if (command === 'sync') {
  const wanted = rest.length > 0 ? rest : Object.keys(PLATFORMS)
  for (const name of wanted) if (!(name in PLATFORMS)) throw usage()
  await run(['run', 'build:shell'])
  for (const name of wanted as (keyof typeof PLATFORMS)[]) {
    // Under Bun: the command line of Capacitor refuses Node before 22.
    if (!existsSync(join(UI, 'mobile', name))) await run(['x', '--bun', 'cap', 'add', name])
    PLATFORMS[name](join(UI, 'mobile', name))
    await run(['x', '--bun', 'cap', 'sync', name])
  }
} else if (command === 'links') {
  const [host = '', fingerprint = '', team_id = ''] = rest
  if (rest.length !== 3) throw usage()
  const files = associationFiles({ app_id: config.appId, host: linkHost(host), fingerprint, team_id })
  for (const [name, content] of Object.entries(files))
    console.log(`/.well-known/${name}\n${JSON.stringify(content, undefined, 2)}\n`)
} else throw usage()

function usage(): Error {
  return new Error('bun run mobile sync [android|ios], or: bun run mobile links HOST FINGERPRINT TEAM_ID')
}

async function run(args: readonly string[]): Promise<void> {
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = Bun.spawn([process.execPath, ...args], { cwd: UI, env, stdout: 'inherit', stderr: 'inherit' })
  if ((await child.exited) !== 0) throw new Error(`bun ${args.join(' ')} failed`)
}

function change(path: string, how: (text: string) => string): void {
  writeFileSync(path, how(readFileSync(path, 'utf8')))
}

function dressAndroid(root: string): void {
  const main = join(root, 'app/src/main')
  change(join(main, 'AndroidManifest.xml'), (text) => androidManifest(text, SCHEME, hosts))
  change(join(root, 'app/build.gradle'), (text) => androidVersion(text, version))
  writeFileSync(join(main, 'res/xml/network_security_config.xml'), ANDROID_NETWORK)
  // The icon of the web app in place of Capacitor's; Android scales the one of the highest density.
  const pictures = new Bun.Glob('{mipmap-*dpi,drawable-*dpi,drawable}/{ic_launcher*,splash}.png')
  for (const old of pictures.scanSync(join(main, 'res'))) rmSync(join(main, 'res', old))
  const icons = join(main, 'res/mipmap-xxxhdpi')
  mkdirSync(icons, { recursive: true })
  for (const [name, icon] of [
    ['ic_launcher', 'icon-192'],
    ['ic_launcher_round', 'icon-192'],
    ['ic_launcher_foreground', 'icon-maskable-512'],
  ])
    cpSync(join(UI, 'public', `${icon}.png`), join(icons, `${name}.png`))
  const [colour] = /(?<="background_color": ")#\w{6}/.exec(
    readFileSync(join(UI, 'public/manifest.webmanifest'), 'utf8'),
  ) ?? ['#ffffff']
  writeFileSync(
    join(main, 'res/values/ic_launcher_background.xml'),
    `<?xml version="1.0" encoding="utf-8"?>\n<resources>\n    <color name="ic_launcher_background">${colour}</color>\n</resources>\n`,
  )
  writeFileSync(
    join(main, 'res/drawable/splash.xml'),
    '<?xml version="1.0" encoding="utf-8"?>\n<color xmlns:android="http://schemas.android.com/apk/res/android" android:color="@color/ic_launcher_background" />\n',
  )
}

function dressIos(root: string): void {
  const app = join(root, 'App/App')
  change(join(app, 'Info.plist'), (text) => iosInfo(text, SCHEME))
  change(join(root, 'App/App.xcodeproj/project.pbxproj'), (text) => iosProject(text, version, hosts))
  if (hosts.length > 0) writeFileSync(join(app, 'App.entitlements'), iosEntitlements(hosts))
  else rmSync(join(app, 'App.entitlements'), { force: true })
  cpSync(join(UI, 'mobile/icon-1024.png'), join(app, 'Assets.xcassets/AppIcon.appiconset/AppIcon-512@2x.png'))
  for (const name of ['', '-1', '-2'])
    cpSync(
      join(UI, 'mobile/icon-1024.png'),
      join(app, `Assets.xcassets/Splash.imageset/splash-2732x2732${name}.png`),
    )
}
