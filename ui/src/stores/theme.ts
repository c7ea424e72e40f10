import { defineStore } from 'pinia'
import { Dark } from 'quasar'
import { ref, watch } from 'vue'
import { readLocal, writeLocal } from './local.ts'

export type ThemeChoice = 'system' | 'light' | 'dark'

const KEY = 'mc.theme'

function stored(): ThemeChoice {
  const value = readLocal(KEY)
  return value === 'light' || value === 'dark' ? value : 'system'
}

/** Light, dark, or what the system says; remembered, and the same in every tab. */
export const useTheme = defineStore('theme', () => {
  const choice = ref<ThemeChoice>(stored())

  function apply(theme: ThemeChoice) {
    // The tokens follow `color-scheme`; Quasar is told so that its own classes agree.
    if (theme === 'system') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
    Dark.set(theme === 'system' ? 'auto' : theme === 'dark')
  }

  watch(
    choice,
    (theme) => {
      apply(theme)
      writeLocal(KEY, theme === 'system' ? undefined : theme)
    },
    { immediate: true },
  )
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) choice.value = stored()
  })

  return { choice }
})
