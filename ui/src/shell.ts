/** The start of the wrapped app, instead of that of the browser (main.ts). */
import { Capacitor } from '@capacitor/core'
import { browserPlatform } from './platform/browser-platform.ts'
import { capacitorPlatform } from './platform/capacitor-platform.ts'
import { attachApp } from './platform/system.ts'
import { wrap } from './platform/wrapped.ts'
import { WrappedApp } from './platform/wrapped-app.ts'

const platform = Capacitor.isNativePlatform() ? capacitorPlatform() : browserPlatform(window)
const app = await WrappedApp.start(platform)
wrap(app, (router) => attachApp(app, router))
// Not before: the modules of the app read where their server is.
await import('./main.ts')
