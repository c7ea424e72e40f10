import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Stage } from './stage.ts'

const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const

/** Pictures of board and channel, light and dark, on a desk and on a phone. Returns their paths. */
export async function takePictures({ board, chat }: Stage, folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const taken: string[] = []
  for (const [name, page] of Object.entries({ board, chat }))
    for (const size of SIZES)
      taken.push(...(await takeBoth(page, join(folder, `${name}-${size.width}`), size)))
  return taken
}

async function takeBoth(
  page: Page,
  name: string,
  size: { width: number; height: number },
): Promise<string[]> {
  const paths: string[] = []
  await page.setViewportSize(size)
  await page.bringToFront()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const path = `${name}-${colorScheme}.png`
    await page.screenshot({ path, animations: 'disabled' })
    paths.push(path)
  }
  return paths
}
