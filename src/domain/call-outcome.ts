import type { CallFailure, CallOutcome } from '../contracts/calls.ts'
import { ApiError } from '../contracts/errors.ts'
import { Fenced, Gone } from './ownership.ts'

/** The outcome of a call as plain data: prototypes of errors do not survive serialization. */
export async function outcomeOf(call: Promise<unknown>): Promise<CallOutcome> {
  try {
    return { ok: true, reply: await call }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  }
}

/** The reply of an outcome; throws its failure as the error that it was. */
export function replyOf(outcome: CallOutcome): unknown {
  if (outcome.ok) return outcome.reply
  throw errorOf(outcome.failure)
}

function failureOf(error: unknown): CallFailure {
  if (error instanceof ApiError) {
    const { errorCode: code, message, details, retry_after_s, rate_limit } = error
    return {
      type: 'refused',
      code,
      message,
      ...(details === undefined ? {} : { details }),
      ...(retry_after_s === undefined ? {} : { retry_after_s }),
      ...(rate_limit === undefined ? {} : { rate_limit }),
    }
  }
  if (error instanceof Fenced)
    return { type: 'fenced', message: error.message, may_be_stored: error.may_be_stored }
  if (error instanceof Gone) return { type: 'gone', message: error.message }
  return { type: 'fault' }
}

function errorOf(failure: CallFailure): Error {
  switch (failure.type) {
    case 'refused': {
      const { code, message, details, retry_after_s, rate_limit } = failure
      return new ApiError(code, message, {
        ...(details === undefined ? {} : { details }),
        ...(retry_after_s === undefined ? {} : { retry_after_s }),
        ...(rate_limit === undefined ? {} : { rate_limit }),
      })
    }
    case 'fenced':
      return new Fenced(failure.message, { may_be_stored: failure.may_be_stored })
    case 'gone':
      return new Gone(failure.message)
    case 'leaving':
      return new Fenced('The node of the organization is being stopped')
    case 'fault':
      return new Error('The call failed on another node, whose log says why')
  }
}
