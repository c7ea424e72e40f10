import { type Static, Type } from '@sinclair/typebox'
import { Closed, Nullable, OneOf } from './schema.ts'
import { SIGN_IN_METHODS } from './vocabulary.ts'

/** How a session was started. */
export const SignInWay = Closed({
  method: OneOf(SIGN_IN_METHODS),
  hosted_domain: Nullable(Type.String({ description: 'Google Workspace of the account.' })),
})
export type SignInWay = Static<typeof SignInWay>

/** The ways that an org admits. */
export const SignInRule = Closed({
  methods: Type.Array(OneOf(SIGN_IN_METHODS)),
  google_domain: Nullable(Type.String({ description: 'The only Google Workspace whose accounts enter.' })),
})
export type SignInRule = Static<typeof SignInRule>
