import type { Page } from 'playwright-core'

/** The command palette of a page. */
export const palette = (page: Page) => page.getByRole('dialog', { name: 'Command palette' })
export const search = (page: Page) => page.getByRole('combobox', { name: /^Search/ })
export const selected = (page: Page) => palette(page).locator('[role=option][aria-selected=true]')
export const closed = (page: Page) => palette(page).waitFor({ state: 'detached' })
/** The title of the page, for a place that the palette or a key leads to. */
export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true })
