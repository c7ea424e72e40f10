import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { PASSWORD, Person } from '../../support/client.ts'
import { BEHIND } from './behind.ts'

/** Chromium of this machine; `CHROMIUM` names another. */
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** A condition that does not hold by then never will, on the slowest machine; the test runner gives up a little later. */
export const WAIT_MS_MAX = 120_000

export const hasBrowser = existsSync(EXECUTABLE)

/** `MC_TEST_SLOW_PAGES=8`: the processor of each page is slowed so many times, which shows what a test did not wait for. */
const SLOWED = Number(process.env.MC_TEST_SLOW_PAGES ?? 1)

/**
 * The list of Playwright, which a later one replaces, and the suggestions of the address bar: they load two pages of the
 * browser's own with each window, 40 % of the processor time of a visit.
 */
const FEATURES_OFF = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
]

/** A browser without the traffic of its own that would blur what the app does. */
export async function launch(args: readonly string[] = []): Promise<Browser> {
  return await chromium.launch({
    executablePath: EXECUTABLE,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      `--disable-features=${FEATURES_OFF.join(',')}`,
      // The authority of a proxy of the tests is nobody's: a service worker is fetched without the consent that a page may have.
      ...(BEHIND === undefined ? [] : ['--ignore-certificate-errors']),
      ...args,
    ],
  })
}

export interface Visit {
  context: BrowserContext
  page: Page
  /** What the page complained about: uncaught errors, and what the console calls an error. */
  complaints: string[]
}

/**
 * One person's browser. Errors of the page are collected; a test says at its end that there were none. Each visit is a
 * first one, for which a service worker would read the whole app a second time: tests of what it does allow it.
 */
export async function visit(
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    serviceWorkers: 'block',
    ignoreHTTPSErrors: BEHIND !== undefined,
    ...options,
  })
  context.setDefaultTimeout(WAIT_MS_MAX)
  if (SLOWED > 1) context.on('page', slowDown)
  const complaints: string[] = []
  const page = await newPage(context, complaints)
  return { context, page, complaints }
}

function slowDown(page: Page): void {
  page
    .context()
    .newCDPSession(page)
    .then((processor) => processor.send('Emulation.setCPUThrottlingRate', { rate: SLOWED }))
    // A page that is closed at once has no processor left.
    .catch(() => undefined)
}

export async function newPage(context: BrowserContext, complaints: string[]): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // A request that fails because the server is away, or a 401 that leads to sign-in, is part of the tests; so is a
    // header that Chromium ignores on plain http.
    if (
      message.type() === 'error' &&
      !/Failed to load resource|WebSocket connection|net::ERR|Cross-Origin-Opener-Policy header has been ignored/.test(
        message.text(),
      )
    )
      complaints.push(message.text())
  })
  return page
}

/** Signs in by the API and gives the session to the browser; the page stays where it is. */
export async function session(page: Page, url: string, email: string, api_url = url): Promise<Person> {
  const person = await new Person(api_url).signIn(email, PASSWORD)
  await page.context().addCookies([...person.cookies].map(([name, value]) => ({ name, value, url })))
  return person
}

/** Signs in and opens the person's org, as the sign-in page would. */
export async function signIn(page: Page, url: string, email: string, api_url = url): Promise<void> {
  const person = await session(page, url, email, api_url)
  const { body } = await person.call<{ memberships: { org: { slug: string } }[] }>('GET', '/auth/me')
  const [only, ...others] = body.memberships
  await page.goto(only && others.length === 0 ? `${url}/o/${only.org.slug}` : url)
  await page.waitForURL(/\/(o|orgs)(\/|$)/)
}

/** As a person does: cookies are set by the browser, and the app knows of it. */
export async function signInByForm(page: Page, url: string, email: string): Promise<void> {
  if (!page.url().includes('/login')) await page.goto(`${url}/login`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await composer(page).waitFor()
}

export const composer = (page: Page) => page.getByRole('textbox', { name: /^Message / })

/** Opens a channel and waits until it is drawn and connected. */
export async function openChannel(page: Page, url: string, org: string, channel_id: string): Promise<void> {
  await page.goto(`${url}/o/${org}/channels/${channel_id}`)
  await composer(page).waitFor()
  await page.getByText('Chat live').waitFor()
}

/** Types a message and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text)
  await composer(page).press('Enter')
}

/** Texts of the conversation as it is drawn, top to bottom. In a tall window that is all of it. */
export async function said(page: Page): Promise<string[]> {
  return await page.locator('.log article .prose').allInnerTexts()
}

export async function waitForText(page: Page, text: string): Promise<void> {
  await page.locator('.log article .prose', { hasText: text }).first().waitFor()
}

/** Waits until the rows of a list that scrolls have stayed the same, at the same places, for a number of frames. */
export async function stillRows(scroller: Locator, row: string): Promise<void> {
  await scroller.evaluate(async (list, selector) => {
    const places = () =>
      [...list.querySelectorAll(selector)]
        .map((one) => {
          const { x, y } = one.getBoundingClientRect()
          return `${x} ${y} ${one.textContent}`
        })
        .join('\n')
    let last = ''
    for (let same = 0; same < 20; last = places()) {
      await new Promise((resolve) => requestAnimationFrame(resolve))
      same = places() === last ? same + 1 : 0
    }
  }, row)
}

/** Asks again until it holds; the last answer is in the error. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
): Promise<T> {
  const give_up_at = Date.now() + WAIT_MS_MAX
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (Date.now() > give_up_at)
      throw new Error(`${what} did not come to hold; last: ${JSON.stringify(answer)}`)
    await Bun.sleep(50)
  }
}
