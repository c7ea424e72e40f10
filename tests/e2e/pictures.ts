/**
 * Takes the README's pictures anew from the demo, and those of the manifest, which browsers show before they install the app:
 * `bun tests/e2e/pictures.ts`. They go to docs/images and ui/public; a change of the app's looks brings new ones along.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildApp } from './support/app.ts'
import { composer, launch, say, visit, waitForText } from './support/browser.ts'
import { type Demo, startDemo } from './support/demo.ts'

const ROOT = join(import.meta.dir, '..', '..')
const IMAGES = join(ROOT, 'docs', 'images')
/** The largest that a README should ask a reader to load. */
const BYTES_MAX = 300_000

await buildApp()
const { server, logins } = await startDemo()
const browser = await launch()
try {
  const [ines, tomasz] = [await enter(logins, 'ines'), await enter(logins, 'tomasz')]
  await ines.getByRole('button', { name: 'Channel details' }).click()
  await say(tomasz, '@forge for the release note: is a photo still queued after a kill? @ines-carvalho asks.')
  await tomasz.locator('.deliv', { hasText: 'answered' }).last().waitFor()
  await say(ines, '@probe then please run the kill test on the tablets too.')
  await waitForText(tomasz, 'kill test on the tablets')
  await ines.locator('.deliv', { hasText: 'working' }).last().waitFor()
  await take(ines, 'light')
  await take(ines, 'dark')
  await takeForStore(ines, 'wide')
  const phone = await enter(logins, 'ines', {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  })
  await takeForStore(phone, 'narrow')
} finally {
  await browser.close()
  await server.stop()
}

async function enter(
  { people, org_slug, channel_id }: Demo['logins'],
  name: string,
  screen: Parameters<typeof visit>[1] = { viewport: { width: 1440, height: 900 } },
): Promise<Page> {
  const person = people.find(({ email }) => email.startsWith(name))
  if (!person) throw new Error(`nobody is called ${name}`)
  const { page } = await visit(browser, { ...screen, colorScheme: 'light' })
  await page.goto(`${server.url}/login`)
  await page.getByLabel('E-mail').fill(person.email)
  await page.getByLabel('Password', { exact: true }).fill(person.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(/\/o\//)
  await page.goto(`${server.url}/o/${org_slug}/channels/${channel_id}`)
  await composer(page).waitFor()
  // The status bar is that of a wide window.
  if (!screen.isMobile) await page.getByText('Chat live').waitFor()
  return page
}

async function take(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme })
  const path = join(IMAGES, `chat-${colorScheme}.png`)
  const { length } = await page.screenshot({ path, animations: 'disabled' })
  if (length > BYTES_MAX) throw new Error(`${path} has ${length} bytes, more than ${BYTES_MAX}`)
  console.log(`${path}: ${length} bytes`)
}

async function takeForStore(page: Page, form: 'wide' | 'narrow'): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' })
  const path = join(ROOT, 'ui', 'public', `screenshot-${form}.png`)
  const { length } = await page.screenshot({ path, animations: 'disabled' })
  if (length > BYTES_MAX) throw new Error(`${path} has ${length} bytes, more than ${BYTES_MAX}`)
  console.log(`${path}: ${length} bytes`)
}
