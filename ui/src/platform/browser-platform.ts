import type { KeptTexts, Platform } from './platform.ts'

/** Stands in for the system around the wrapped app when its page is opened in a browser, to develop and to test it. */
export function browserPlatform(page: Pick<Window, 'localStorage' | 'sessionStorage'>): Platform {
  return {
    settings: textsIn(() => page.localStorage),
    // Not in the local storage: any later page of the origin could read a credential there.
    secrets: textsIn(() => page.sessionStorage),
    onBack: () => undefined,
    onAddress: () => undefined,
    leave: () => undefined,
  }
}

function textsIn(storage: () => Storage): KeptTexts {
  return {
    async read(name) {
      return storage().getItem(`mc.app.${name}`) ?? undefined
    },
    async write(name, text) {
      if (text === undefined) storage().removeItem(`mc.app.${name}`)
      else storage().setItem(`mc.app.${name}`, text)
    },
  }
}
