import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { readLocal, writeLocal } from './local.ts'

/** How this person likes the frame: sidebar folded or not, channel details shown or not. */
export const useShell = defineStore('shell', () => {
  const folded = ref(readLocal('mc.sidebar') === 'folded')
  const details = ref(readLocal('mc.details') === 'shown')
  watch(folded, (value) => writeLocal('mc.sidebar', value ? 'folded' : undefined))
  watch(details, (value) => writeLocal('mc.details', value ? 'shown' : undefined))
  return { folded, details }
})

const LAST_ORG = 'mc.last_org'

export function lastOrg(): string | undefined {
  return readLocal(LAST_ORG)
}

export function rememberOrg(slug: string | undefined): void {
  writeLocal(LAST_ORG, slug)
}

export function lastChannel(slug: string): string | undefined {
  return readLocal(`mc.last_channel.${slug}`)
}

export function rememberChannel(slug: string, channel_id: string): void {
  writeLocal(`mc.last_channel.${slug}`, channel_id)
}
