import { KeychainAccess, SecureStorage } from '@aparajita/capacitor-secure-storage'
import { App } from '@capacitor/app'
import { Preferences } from '@capacitor/preferences'
import type { Platform } from './platform.ts'

/** The system around the wrapped app, by the plugins of Capacitor. */
export function capacitorPlatform(): Platform {
  return {
    settings: {
      async read(key) {
        return (await Preferences.get({ key })).value ?? undefined
      },
      async write(key, value) {
        await (value === undefined ? Preferences.remove({ key }) : Preferences.set({ key, value }))
      },
    },
    // Android: encrypted under a key of the key store. iOS: the key chain, and never on another device of the person.
    secrets: {
      async read(name) {
        const text = await SecureStorage.get(name, false)
        return typeof text === 'string' ? text : undefined
      },
      async write(name, text) {
        if (text === undefined) await SecureStorage.remove(name)
        else await SecureStorage.set(name, text, false, false, KeychainAccess.afterFirstUnlockThisDeviceOnly)
      },
    },
    onBack: (run) => void App.addListener('backButton', run),
    // Kept until somebody listens, so it tells the address of the start, too; `getLaunchUrl` would repeat that after a reload.
    onAddress: (run) => void App.addListener('appUrlOpen', ({ url }) => run(url)),
    leave: () => void App.minimizeApp(),
  }
}
