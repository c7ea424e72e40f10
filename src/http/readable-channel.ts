import { notFound } from '../contracts/errors.ts'
import type { OrgCall } from './endpoint.ts'

/** The section of the API document with channels and their messages. */
export const CHANNELS_TAG = 'Channels and messages'

/** The channel in the path, when the caller may read it; else 404. */
export function readable({
  edge,
  params,
  principal,
}: Pick<OrgCall<unknown, unknown>, 'edge' | 'params' | 'principal'>): string {
  const channel_id = params.channel_id ?? ''
  if (!edge.permissions.mayReadChannel(principal, channel_id)) throw notFound('channel')
  return channel_id
}
