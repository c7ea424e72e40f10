import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { readLocal, writeLocal } from './local.ts'

/** The user's layout: sidebar folded or not, channel details shown or not. */
export const useShell = defineStore('shell', () => {
  const folded = useLocalStorage('mc.sidebar_folded', false, { writeDefaults: false })
  const details = useLocalStorage('mc.details_shown', false, { writeDefaults: false })
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
