/** Shell commands that connect an agent; pure. The key comes by a variable, so that it stands in no other command. */

/** Shown where the key is not known any more. */
const NO_KEY = 'mc_ak_live_…'

const AUTH = '-H "Authorization: Bearer $MC_API_KEY"'
const API = '$MC_URL/api/v1/orgs/$MC_ORG'

/** Variables for the commands below, and for the bridge. */
export const settingsCommand = (origin: string, slug: string, api_key: string | undefined) =>
  [`export MC_URL='${origin}' MC_ORG='${slug}'`, `export MC_API_KEY='${api_key ?? NO_KEY}'`].join('\n')

export const INIT_COMMAND = 'mc-bridge init'

export const RUN_COMMAND = 'mc-bridge run'

export const WHO_COMMAND = `curl -sS --fail-with-body ${AUTH} "${API}/users/me"`

export const STREAM_COMMAND = `curl -sSN ${AUTH} "${API}/events/stream"`

/** Answers a message. */
export const answerCommand = ({ id, channel_id }: { id: string; channel_id: string }) =>
  [
    `curl -sS --fail-with-body ${AUTH} -H 'Content-Type: application/json'`,
    `-d '{"content": "I hear you.", "reply_to": "${id}"}'`,
    `"${API}/channels/${channel_id}/messages"`,
  ].join(' ')
