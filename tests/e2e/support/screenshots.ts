import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

export const SCREENSHOTS = join(import.meta.dir, '..', '..', '..', 'docs', 'screenshots')
/** The largest that a page of the guide should ask a reader to load. */
const BYTES_MAX = 200_000

/** Takes a picture for the documents when it is missing: delete one to renew it. */
export async function takeMissing(page: Page, name: string): Promise<void> {
  const path = join(SCREENSHOTS, name)
  if (existsSync(path)) return
  const devtools = await page.context().newCDPSession(page)
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  await devtools.detach()
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length > BYTES_MAX) throw new Error(`${name} has ${bytes.length} bytes, more than ${BYTES_MAX}`)
  writeFileSync(path, bytes)
}
