import { setMessages } from './index.ts'
import { isRightToLeft, LOCALE } from './locale.ts'
import { setTranslator } from './server.ts'

/** Loads the texts of the page's language and tells the page of it. Modules of the app may read texts only after this. */
export async function loadTexts(): Promise<void> {
  document.documentElement.lang = LOCALE
  document.documentElement.dir = isRightToLeft(LOCALE) ? 'rtl' : 'ltr'
  if (LOCALE === 'en') return
  if (LOCALE === 'de') {
    const [{ de }, { german }] = await Promise.all([import('./de/index.ts'), import('./de/server.ts')])
    setTranslator(german)
    return setMessages(de)
  }
  const [{ en }, { pseudo, pseudoText }] = await Promise.all([import('./en/index.ts'), import('./pseudo.ts')])
  setTranslator(pseudoText)
  setMessages(en, pseudo)
}
