import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { inviteRoutes } from './invites.ts'
import { passwordRoutes } from './password.ts'
import { sessionRoutes } from './sessions.ts'
import { setUpRoutes } from './set-up.ts'
import { SignIn } from './sign-in.ts'
import { signInLinkRoutes } from './sign-in-links.ts'

/** Sign-in, sign-out, set-up, invites and own sessions. */
export function authRoutes(deps: Deps) {
  const sign_in = new SignIn(deps)
  return new Elysia({ name: 'auth', prefix: '/auth' })
    .use(setUpRoutes(deps, sign_in))
    .use(passwordRoutes(deps, sign_in))
    .use(inviteRoutes(deps, sign_in))
    .use(signInLinkRoutes(deps, sign_in))
    .use(sessionRoutes(deps, sign_in))
}
