import { t } from '../../i18n/index.ts'

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:(?:Headless)?Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** A short name of a device by its `User-Agent`: "Firefox on Windows". Unknown ones are named by their first word. */
export function deviceName(user_agent: string | null): string {
  if (!user_agent) return t('account.device.unknown')
  const named = (list: typeof BROWSERS) => list.find(([pattern]) => pattern.test(user_agent))?.[1]
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)]
  if (browser && system) return t('account.device.browser_on', { browser, system })
  return browser ?? system ?? user_agent.split(/[\s/]/, 1).join()
}
