import type { Tx } from '../client.ts'

/** Names a message by what its sender gave it. */
export interface ClientIdRef {
  channel_id: string
  sender_id: string | null
  client_id: string
}

/** A message that is stored under a `client_id`. */
export interface KnownMessage {
  message_id: string
  seq: number
  content_hash: string
}

/** The messages that are stored under these `client_id`s. */
export async function readClientIds(
  { sql }: Pick<Tx, 'sql'>,
  org_id: string,
  wanted: readonly ClientIdRef[],
): Promise<(KnownMessage & ClientIdRef)[]> {
  return await sql<(KnownMessage & ClientIdRef)[]>`
    select k.channel_id, k.sender_id, k.client_id, k.message_id, k.seq, k.content_hash
    from json_to_recordset(${JSON.stringify(wanted)}::text::json) as a(channel_id uuid, sender_id uuid, client_id text)
    join message_client_ids k on k.org_id = ${org_id} and k.channel_id = a.channel_id
      and k.sender_id = a.sender_id and k.client_id = a.client_id`
}
