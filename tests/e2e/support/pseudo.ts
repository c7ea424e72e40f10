/** The pseudo-locale of the app, `en-XA`: what it says, what is wrong with a page in it, and which components a page shows. */
import type { Page } from 'playwright-core'
import { pseudoText } from '../../../ui/src/i18n/pseudo.ts'
import { until } from './browser.ts'

/** A text of the message files as it begins and goes on in the pseudo-locale, for locators. */
export const said = (text: string) => pseudoText(text).slice(1, -1)
export const button = (page: Page, text: string) => page.getByRole('button', { name: said(text) }).first()

/**
 * Runs in the page. Not texts: code, names of commands, keys of a keyboard, times, names of languages in their own language, the brand,
 * marks of providers, names that the server gives to sub-agents, addresses, and what stands in brackets.
 */
const SCAN = `(${function scan() {
  const found = new Set<string>()
  const skipped =
    'code, kbd, .suggest .grow > b, pre, time, [lang]:not(html), .wordmark, .prov .mono, .timetip, .prose, script, style'
  const allowed =
    /Mission Control|Sub-agent \d+|[\w.+-]+@[\w-]+\.\w+|https?:\/\/\S+|localhost(:\d+)?\S*|\/o\/\S*|[\w-]+(\.[\w-]+)+|@[\w-]+|\b(?:general|ermis|iris|Bun)\b|GitHub|Google|OpenID Connect|\bUTC\b|\b[A-Z]\b|https:\/\//g
  const plain = (text: string) =>
    text
      .replace(/⟦[^⟦⟧]*⟧/g, '')
      .replace(/⟦[^⟧]*$/, '')
      .replace(/^[^⟦]*⟧/, '')
      .replace(allowed, '')
      .match(/[A-Za-z][A-Za-z ]*/)?.[0]
  const placeOf = (element: Element | null) =>
    element === null ? '' : `${element.tagName.toLowerCase()}.${[...element.classList].join('.')}`
  /** Something between the two cuts it first, e.g. with an ellipsis. */
  const cutsItself = (one: Element, within: Element): boolean => {
    const up = one.parentElement
    if (up === null || up === within) return false
    return getComputedStyle(up).overflowX !== 'visible' || cutsItself(up, within)
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const at = node.parentElement
    if (!at || at.closest(skipped)) continue
    if (!at.checkVisibility() && at.tagName !== 'OPTION') continue
    const rest = plain(node.nodeValue ?? '')
    if (rest) found.add(`text: ${rest} in ${placeOf(at.parentElement)} > ${placeOf(at)}`)
  }
  for (const at of document.querySelectorAll('body *')) {
    if (at.closest(skipped)) continue
    for (const name of ['aria-label', 'aria-description', 'title', 'placeholder', 'alt']) {
      const rest = plain(at.getAttribute(name) ?? '')
      if (rest) found.add(`${name}: ${rest} in ${placeOf(at)}`)
    }
    if (!(at instanceof HTMLElement) || !at.checkVisibility() || at.closest('.vh, .prose, pre')) continue
    const { overflowX, textOverflow, webkitLineClamp } = getComputedStyle(at)
    const hides = overflowX === 'hidden' || overflowX === 'clip'
    // What only screen readers have is one pixel wide.
    if (!hides || textOverflow === 'ellipsis' || webkitLineClamp !== 'none' || at.clientWidth <= 1) continue
    const cut = at.scrollWidth - at.clientWidth
    if (cut <= 1 || at.textContent?.trim() === '') continue
    const edge = at.getBoundingClientRect().right
    const outside = [...at.querySelectorAll('*')]
      .filter((one) => one.checkVisibility() && one.textContent?.trim())
      .filter((one) => one.getBoundingClientRect().right > edge + 1 && !cutsItself(one, at))
      .at(-1)
    // The room around a sign, for fingers, may reach beyond the edge.
    if (!outside && at.childElementCount > 0) continue
    const words = (outside ?? at).textContent?.trim().slice(0, 60)
    found.add(`cut by ${cut} px in ${placeOf(at)}: ${placeOf(outside ?? null)} ${words}`)
  }
  const beyond = document.documentElement.scrollWidth - innerWidth
  if (beyond > 0) found.add(`${beyond} px wider than the window`)
  return [...found]
}})()`

/**
 * Runs in the page: the names of the components of which something is to be seen. A build names the options of a component
 * after its file, and an app leaves its tree at the element in which it was mounted.
 */
const SHOWN = `(${function shownComponents() {
  interface Node {
    el: unknown
    children: unknown
    component: { type: { __name?: string }; subTree: Node } | null
    suspense: { activeBranch: Node } | null
  }
  const names = new Set<string>()
  /** Whether something of it is to be seen. */
  const walk = (node: Node | null): boolean => {
    if (node === null || typeof node !== 'object') return false
    if (node.component) {
      const shows = walk(node.component.subTree)
      const { __name } = node.component.type
      if (shows && __name) names.add(__name)
      return shows
    }
    if (node.suspense) return walk(node.suspense.activeBranch)
    const within = Array.isArray(node.children) && node.children.map(walk).includes(true)
    if (within) return true
    if (node.el instanceof Element) return node.el.checkVisibility()
    return node.el instanceof Text && !!node.el.data.trim() && !!node.el.parentElement?.checkVisibility()
  }
  walk((document.querySelector('#app') as unknown as { _vnode: Node })._vnode)
  return [...names]
}})()`

/** Collects what is wrong with the pages that were looked at, and the components that they showed. */
export class Looks {
  readonly components = new Set<string>()
  readonly #wrong: string[] = []

  async at(page: Page, name: string): Promise<void> {
    await still(page)
    await this.atOnce(page, name)
  }

  /** At a page that still loads. */
  async atOnce(page: Page, name: string): Promise<void> {
    const [faults, shown] = (await page.evaluate(`[${SCAN}, ${SHOWN}]`)) as [string[], string[]]
    for (const fault of faults) this.#wrong.push(`${name}: ${fault}`)
    for (const component of shown) this.components.add(component)
  }

  /** What is wrong with the pages since the last call. */
  wrong(): string[] {
    return this.#wrong.splice(0)
  }
}

/** Everything loaded, and nothing fades. */
async function still(page: Page): Promise<void> {
  await until(
    'the page is loaded and still',
    () =>
      page.evaluate(
        `document.querySelectorAll('.skeleton, .q-skeleton, [class*="-enter-"], [class*="-leave-"]').length`,
      ),
    (count) => count === 0,
  )
}
