import type { Page } from 'playwright-core'

/** The answers that are kept on the device, as JSON. */
export async function kept(page: Page): Promise<string> {
  return await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const opened = indexedDB.open('mission-control-device')
        opened.onupgradeneeded = () => opened.transaction?.abort()
        opened.onerror = () => resolve('[]')
        opened.onsuccess = () => {
          const all = opened.result.transaction('answers').objectStore('answers').getAll()
          all.onsuccess = () => {
            opened.result.close()
            resolve(JSON.stringify(all.result))
          }
        }
      }),
  )
}
