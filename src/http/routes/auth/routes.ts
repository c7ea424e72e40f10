import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { emailRoutes } from './email.ts'
import { identityRoutes } from './identities.ts'
import { inviteRoutes } from './invites.ts'
import { languageRoutes } from './language.ts'
import { passkeyRoutes } from './passkeys.ts'
import { passwordRoutes } from './password.ts'
import { passwordResetRoutes } from './password-reset.ts'
import { pictureRoutes } from './picture.ts'
import { providerRoutes } from './providers.ts'
import { secondFactorRoutes } from './second-factor.ts'
import { sessionRoutes } from './sessions.ts'
import { setUpRoutes } from './set-up.ts'
import { SignIn } from './sign-in.ts'
import { signInLinkRoutes } from './sign-in-links.ts'

/** Sign-in, sign-out, set-up, invites, and what people change about their own sign-in. */
export function authRoutes(deps: Deps) {
  const sign_in = new SignIn(deps)
  return new Elysia({ name: 'auth', prefix: '/auth' })
    .use(setUpRoutes(deps, sign_in))
    .use(providerRoutes(deps, sign_in))
    .use(passwordRoutes(deps, sign_in))
    .use(passwordResetRoutes(deps))
    .use(emailRoutes(deps))
    .use(inviteRoutes(deps, sign_in))
    .use(signInLinkRoutes(deps, sign_in))
    .use(passkeyRoutes(deps, sign_in))
    .use(secondFactorRoutes(deps, sign_in))
    .use(sessionRoutes(deps, sign_in))
    .use(identityRoutes(deps))
    .use(pictureRoutes(deps))
    .use(languageRoutes(deps))
}
