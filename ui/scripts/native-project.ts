/**
 * What this app needs of the projects that Capacitor generates. Each function takes the text of a generated file and returns it
 * as it has to be; applied twice it changes nothing. It throws when the file is not as expected: another Capacitor has another one.
 */

/** A host, with the base path of the server if it has one, whose https links the app opens. */
export type LinkHost = string

/** Pages of a server that links from outside lead to, as prefixes of their path. */
const LINKED = ['/o/', '/invite/', '/sign-in-link/', '/confirm-email/', '/setup']

export function linkHost(text: string): LinkHost {
  if (!/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:\/[\w.~-]+)*$/.test(text))
    throw new Error(`"${text}" is no host such as mission.example.com or mission.example.com/mc`)
  return text
}

function replaced(text: string, what: string, found: string | RegExp, by: string): string {
  const changed = text.replace(found, by)
  if (changed === text && !text.includes(by))
    throw new Error(`The generated project has no place for ${what}: another Capacitor needs another script.`)
  return changed
}

export function androidManifest(text: string, scheme: string, hosts: readonly LinkHost[]): string {
  const data = hosts.flatMap((host) => {
    const [name = '', ...base] = host.split('/')
    return LINKED.map(
      (path) =>
        `                <data android:scheme="https" android:host="${name}" android:pathPrefix="${['', ...base].join('/')}${path}" />`,
    )
  })
  const filters = [
    filter('', [`                <data android:scheme="${scheme}" />`]),
    ...(data.length > 0 ? [filter(' android:autoVerify="true"', data)] : []),
  ]
  const begin = '            <!-- links -->'
  const end = '            <!-- end of links -->'
  const links = [begin, ...filters, end].join('\n')
  const without = text.replace(/ *<!-- links -->[\s\S]*<!-- end of links -->\n/, '')
  const with_links = replaced(without, 'links', '        </activity>', `${links}\n        </activity>`)
  // A backup of the system would carry what was read, without the key that opens the session.
  const private_ = replaced(
    with_links,
    'backups',
    'android:allowBackup="true"',
    'android:allowBackup="false"',
  )
  const local = replaced(
    private_.replace(/\n *android:networkSecurityConfig="[^"]*"/, ''),
    'the network policy',
    'android:allowBackup="false"',
    'android:allowBackup="false"\n        android:networkSecurityConfig="@xml/network_security_config"',
  )
  return replaced(
    local.replace(/\n *android:windowSoftInputMode="[^"]*"/, ''),
    'the keyboard',
    'android:launchMode="singleTask"',
    'android:launchMode="singleTask"\n            android:windowSoftInputMode="adjustResize"',
  )
}

function filter(attributes: string, data: readonly string[]): string {
  return [
    `            <intent-filter${attributes}>`,
    '                <action android:name="android.intent.action.VIEW" />',
    '                <category android:name="android.intent.category.DEFAULT" />',
    '                <category android:name="android.intent.category.BROWSABLE" />',
    ...data,
    '            </intent-filter>',
  ].join('\n')
}

/** Plain http reaches this device only, as the page's own policy says. */
export const ANDROID_NETWORK = `<?xml version="1.0" encoding="utf-8"?>
<network-security-config>
    <base-config cleartextTrafficPermitted="false" />
    <domain-config cleartextTrafficPermitted="true">
        <domain includeSubdomains="false">localhost</domain>
        <domain includeSubdomains="false">127.0.0.1</domain>
    </domain-config>
</network-security-config>
`

/** Version name and code: stores compare the code, so that each version has a higher one. */
export function androidVersion(text: string, version: string): string {
  const named = replaced(text, 'the version', /versionName "[^"]*"/, `versionName "${version}"`)
  return replaced(named, 'the version code', /versionCode \d+/, `versionCode ${versionCode(version)}`)
}

export function versionCode(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number)
  return major * 1_000_000 + minor * 1_000 + patch
}

export function iosInfo(text: string, scheme: string): string {
  const begin = '\t<!-- mission control -->'
  const own = `${begin}
	<key>CFBundleURLTypes</key>
	<array>
		<dict>
			<key>CFBundleURLSchemes</key>
			<array>
				<string>${scheme}</string>
			</array>
		</dict>
	</array>
	<key>NSAppTransportSecurity</key>
	<dict>
		<key>NSAllowsLocalNetworking</key>
		<true/>
	</dict>
	<key>ITSAppUsesNonExemptEncryption</key>
	<false/>
`
  const without = text.replace(/\t<!-- mission control -->\n[\s\S]*?(?=<\/dict>\n<\/plist>)/, '')
  return replaced(without, 'the links', '</dict>\n</plist>', `${own}</dict>\n</plist>`)
}

export function iosEntitlements(hosts: readonly LinkHost[]): string {
  const domains = [...new Set(hosts.map((host) => host.split('/')[0]))]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>com.apple.developer.associated-domains</key>
	<array>
${domains.map((domain) => `\t\t<string>applinks:${domain}</string>`).join('\n')}
	</array>
</dict>
</plist>
`
}

/** The styles of the app need Safari 17.5 (\`light-dark()\`). */
const IOS_MIN = '17.5'

export function iosProject(text: string, version: string, hosts: readonly LinkHost[]): string {
  const aged = replaced(
    text,
    'the least iOS',
    /IPHONEOS_DEPLOYMENT_TARGET = [\d.]+;/g,
    `IPHONEOS_DEPLOYMENT_TARGET = ${IOS_MIN};`,
  )
  const named = replaced(
    aged,
    'the version',
    /MARKETING_VERSION = [\d.]+;/g,
    `MARKETING_VERSION = ${version};`,
  )
  const coded = replaced(
    named,
    'the build number',
    /CURRENT_PROJECT_VERSION = \d+;/g,
    `CURRENT_PROJECT_VERSION = ${versionCode(version)};`,
  )
  const bare = coded.replace(/\t*CODE_SIGN_ENTITLEMENTS = [^;]*;\n/g, '')
  // Without hosts there are no entitlements: those of associated domains need a paid account at Apple.
  if (hosts.length === 0) return bare
  return replaced(
    bare,
    'the entitlements',
    /(\t*)CODE_SIGN_STYLE = Automatic;/g,
    '$1CODE_SIGN_ENTITLEMENTS = App/App.entitlements;\n$1CODE_SIGN_STYLE = Automatic;',
  )
}

/** What a server's host tells Android and iOS, so that they give its links to the app: two files below `/.well-known/`. */
export function associationFiles(options: {
  app_id: string
  host: LinkHost
  /** SHA-256 of the certificate that signs the Android package, in hexadecimal pairs with colons. */
  fingerprint: string
  team_id: string
}): Record<'assetlinks.json' | 'apple-app-site-association', unknown> {
  const base = options.host.includes('/') ? options.host.slice(options.host.indexOf('/')) : ''
  return {
    'assetlinks.json': [
      {
        relation: ['delegate_permission/common.handle_all_urls'],
        target: {
          namespace: 'android_app',
          package_name: options.app_id,
          sha256_cert_fingerprints: [options.fingerprint],
        },
      },
    ],
    'apple-app-site-association': {
      applinks: {
        details: [
          {
            appIDs: [`${options.team_id}.${options.app_id}`],
            components: LINKED.map((path) => ({ '/': `${base}${path}*` })),
          },
        ],
      },
    },
  }
}
