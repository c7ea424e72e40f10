import './trusted-types.ts'
import './styles/quasar.sass'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/avatars.css'
import './styles/buttons.css'
import './styles/fields.css'
import './styles/notices.css'
import './styles/overlays.css'
import { loadTexts } from './i18n/load.ts'

// Modules of the app read texts when they are evaluated.
await loadTexts()
await import('./app.ts')
