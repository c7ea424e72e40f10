import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { until } from './browser.ts'

const SOURCE = readFileSync(
  Bun.resolveSync('axe-core/axe.min.js', join(import.meta.dir, '..', '..', '..', 'ui')),
  'utf8',
)
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

interface Violation {
  id: string
  nodes: { target: string[]; failureSummary?: string }[]
}

/** Rules that read colours. All others judge structure, names and sizes: their answer is the same in every theme. */
const COLOR_RULES = ['color-contrast', 'link-in-text-block']

interface Options {
  /** Rules that are left out. */
  except?: string[]
  /** Only the rules that read colours, of a page whose structure was checked in another theme. */
  colors_only?: boolean
  /** Only what these elements hold, over a page that was checked without them. */
  within?: string
}

/** What axe finds wrong with the page as it is in light, and with its colours in dark; the page stays dark. */
export async function violationsInBothThemes(page: Page, options: Options = {}): Promise<string[]> {
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await violations(page, options)
  await page.emulateMedia({ colorScheme: 'dark' })
  return [...light, ...(await violations(page, { ...options, colors_only: true }))]
}

/** What axe finds wrong with the page as it is, one line each. */
export async function violations(
  page: Page,
  { except = [], colors_only = false, within }: Options = {},
): Promise<string[]> {
  // Axe reads colours as they are: wait until nothing fades any more. What moves for ever (a working dot) does not count.
  const fading = `document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).length +
    document.querySelectorAll('[class*="-enter-"], [class*="-leave-"]').length`
  await until(
    'nothing fades',
    () => page.evaluate(fading),
    (count) => count === 0,
  )
  // Evaluated by the debugger: the page's own policy would refuse a script that is not the server's.
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(SOURCE)
  const options = {
    runOnly: colors_only ? { type: 'rule', values: COLOR_RULES } : { type: 'tag', values: RULES },
    rules: Object.fromEntries(except.map((rule) => [rule, { enabled: false }])),
    resultTypes: ['violations'],
  }
  const found: Violation[] = await page.evaluate(
    `axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, ${JSON.stringify(options)}).then((result) => result.violations)`,
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      (node) => `${id}: ${node.target.join(' ')}: ${(node.failureSummary ?? '').replace(/\s+/g, ' ')}`,
    ),
  )
}
