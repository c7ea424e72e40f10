import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { Dark } from 'quasar'
import { watch } from 'vue'

export type ThemeChoice = 'system' | 'light' | 'dark'

/** Light, dark or the system's theme: remembered, and the same in every tab. */
export const useTheme = defineStore('theme', () => {
  const choice = useLocalStorage<ThemeChoice>('mc.theme', 'system', { writeDefaults: false })
  watch(choice, apply, { immediate: true })
  return { choice }
})

function apply(theme: ThemeChoice): void {
  const fixed = theme === 'light' || theme === 'dark'
  // The tokens follow `color-scheme` on the root element; Quasar's own classes follow `Dark`.
  if (fixed) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  Dark.set(fixed ? theme === 'dark' : 'auto')
}
