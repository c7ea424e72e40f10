import type { Language } from '@contracts/vocabulary.ts'
import { auth } from '../api/auth.ts'
import { LOCALE, languageOf, UNTOLD_KEY } from '../i18n/locale.ts'
import { readLocal, writeLocal } from '../stores/local.ts'

/**
 * Tells the server in which language the person uses the app, for mails: when it knows none, and after a choice. `known` is
 * what it says of the account.
 */
export async function tellLanguage(known: Language | null): Promise<void> {
  if (known !== null && readLocal(UNTOLD_KEY) === undefined) return
  try {
    await auth.setLanguage({ language: languageOf(LOCALE) })
    writeLocal(UNTOLD_KEY, undefined)
  } catch {
    // No connection: the next start of the app tells it.
  }
}
