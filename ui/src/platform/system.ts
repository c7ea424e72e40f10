import type { Router } from 'vue-router'
import { localPath, paths } from '../paths.ts'
import { placeOfLink } from './server-address.ts'
import { backStep, closeOverlay, pathAbove } from './system-back.ts'
import type { Wrapped } from './wrapped.ts'

/** Joins the router of the wrapped app to the back button and the links of the system. */
export function attachApp(app: Wrapped, router: Router): void {
  app.platform.onBack(() => {
    const { path } = router.currentRoute.value
    const has_history = window.history.state?.back != null
    switch (backStep(closeOverlay(document), has_history, path)) {
      case 'overlay':
        return
      case 'history':
        return router.back()
      case 'up':
        return void router.replace(pathAbove(path) ?? '/')
      case 'leave':
        return app.platform.leave()
    }
  })
  app.platform.onAddress((link) => {
    const place = placeOfLink(link, app.server)
    if (place === undefined) return
    const to = 'path' in place ? localPath(place.path) : paths.server({ server: place.elsewhere, link })
    void router.isReady().then(() => router.push(to))
  })
}
