/** Texts by name that stay on the device. */
export interface KeptTexts {
  read(name: string): Promise<string | undefined>
  /** `undefined` removes it. */
  write(name: string, text: string | undefined): Promise<void>
}

/** What the system around the page offers: a browser, or the wrapped app on Android and iOS. */
export interface Platform {
  /** Survives a restart of the app. */
  readonly settings: KeptTexts
  /** For credentials: the key store of the system. Of a browser, which has none, as long as the tab. */
  readonly secrets: KeptTexts
  /** The back button of the system; never in a browser, which goes back by itself. */
  onBack(run: () => void): void
  /** An address that the system gave to the app, also the one that started it. Never in a browser. */
  onAddress(run: (address: string) => void): void
  /** Gives the screen back to the system. */
  leave(): void
}
