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

/** What axe finds wrong with the page as it is, one line each; rules named in `except` are left out. */
export async function violations(page: Page, { except = [] }: { except?: string[] } = {}): Promise<string[]> {
  // Axe reads colours as they are: wait until nothing fades any more. What moves for ever (a working dot) does not count.
  const fading = `document.getAnimations().filter((one) => one.effect.getTiming().iterations !== Infinity).length +
    document.querySelectorAll('[class*="-enter-"], [class*="-leave-"]').length`
  await until(
    'nothing fades',
    () => page.evaluate(fading),
    (count) => count === 0,
  )
  // Evaluated by the debugger: the page's own policy would refuse a script that is not the server's.
  await page.evaluate(SOURCE)
  const options = {
    runOnly: { type: 'tag', values: RULES },
    rules: Object.fromEntries(except.map((rule) => [rule, { enabled: false }])),
    resultTypes: ['violations'],
  }
  const found: Violation[] = await page.evaluate(
    `axe.run(document, ${JSON.stringify(options)}).then((result) => result.violations)`,
  )
  return found.flatMap(({ id, nodes }) =>
    nodes.map(
      (node) => `${id}: ${node.target.join(' ')}: ${(node.failureSummary ?? '').replace(/\s+/g, ' ')}`,
    ),
  )
}
