import { defineStore } from 'pinia'
import { ref } from 'vue'
import { LANGUAGES, LOCALE_KEY, UNTOLD_KEY } from '../i18n/locale.ts'
import { readLocal, writeLocal } from './local.ts'

export type LanguageChoice = 'system' | keyof typeof LANGUAGES

const isLanguage = (value: string | undefined): value is keyof typeof LANGUAGES =>
  value !== undefined && value in LANGUAGES

/** The language of the app on this device. Another one loads the page anew: texts are read once. */
export const useLanguage = defineStore('language', () => {
  const kept = readLocal(LOCALE_KEY)
  const choice = ref<LanguageChoice>(isLanguage(kept) ? kept : 'system')
  function choose(language: LanguageChoice) {
    if (language === choice.value) return
    writeLocal(LOCALE_KEY, language === 'system' ? undefined : language)
    writeLocal(UNTOLD_KEY, 'yes')
    location.reload()
  }
  return { choice, choose }
})
