import type { User } from '../../../../src/contracts/resources.ts'
import { maskKey } from '../../config/mask.ts'
import { knowAgent, OtherOrg, whoText } from '../../proof/know-agent.ts'
import { CertificateTrouble, reachServer } from '../../proof/reach-server.ts'
import { Trouble } from '../../proof/step.ts'
import { AgentClient } from '../../server/agent-client.ts'
import { BRIDGE_VERSION } from '../../version.ts'
import { type ServerAddress, serverAddress } from './addresses.ts'
import type { Dialog } from './dialog.ts'

/** Values that are taken without a question, and those that a question offers. */
export interface ServerHints {
  /** From the environment. */
  given: { url: string | undefined; org_slug: string | undefined; api_key: string | undefined }
  /** From the configuration that is there. */
  known: {
    url: string | undefined
    verify_tls: boolean
    org_slug: string | undefined
    api_key: string | undefined
  }
}

export interface ServerPart {
  url: string
  verify_tls: boolean
  org_slug: string
  api_key: string
  me: User
  client: AgentClient
}

const TIMEOUT_MS = 15_000
const SLUG = /^[a-z0-9][a-z0-9-]*[a-z0-9]$/

/** Finds the server and whose key it is. Throws `Trouble` when nobody can be asked again. */
export async function askServer(dialog: Dialog, hints: ServerHints): Promise<ServerPart> {
  dialog.title('Mission Control')
  const server = await askAddress(dialog, hints)
  const agent = await askAgent(dialog, hints, server)
  return { ...server, ...agent }
}

interface Server {
  url: string
  verify_tls: boolean
  /** From an address of the app. */
  org_slug: string | undefined
}

async function askAddress(dialog: Dialog, { given, known }: ServerHints): Promise<Server> {
  let first = given.url
  return await dialog.retry(async () => {
    const text =
      first ??
      (await dialog.text({
        label: 'Address, as in the browser',
        fallback: known.url,
        otherwise: 'Set MC_URL.',
      }))
    if (first !== undefined) dialog.say(`Address: ${first}`)
    first = undefined
    const address = serverAddress(text)
    const accepted = known.url === address.url && !known.verify_tls
    return await reached(dialog, address, accepted)
  })
}

async function reached(dialog: Dialog, address: ServerAddress, accepted: boolean): Promise<Server> {
  const { url, org_slug, in_clear } = address
  if (in_clear && !accepted) {
    const words = 'Plain HTTP sends the key and all messages in clear text.'
    if (!(await dialog.confirm(`${words} Use it all the same?`, false)))
      throw new Trouble(words, 'Give an address with https://.')
  }
  const place = { url, verify_tls: !(in_clear || accepted), timeout_ms: TIMEOUT_MS }
  try {
    tell(dialog, await reachServer(place))
  } catch (error) {
    if (!(error instanceof CertificateTrouble)) throw error
    dialog.trouble(error)
    if (!(await dialog.confirm('Accept any certificate from this server?', false))) throw REFUSED
    place.verify_tls = false
    tell(dialog, await reachServer(place))
  }
  return { url, verify_tls: place.verify_tls, org_slug }
}

const REFUSED = new Trouble('The certificate is not accepted.', 'Give another address.')

function tell(dialog: Dialog, found: Awaited<ReturnType<typeof reachServer>>): void {
  dialog.ok(typeof found === 'string' ? found : found.detail)
}

/** Organization and key are checked together: the server tells nothing about either alone. */
async function askAgent(dialog: Dialog, { given, known }: ServerHints, server: Server) {
  let org_slug = given.org_slug ?? server.org_slug
  let api_key = given.api_key
  const offered = { org_slug: known.org_slug, api_key: known.api_key }
  if (org_slug !== undefined) dialog.say(`Organization: ${org_slug}`)
  return await dialog.retry(async () => {
    org_slug ??= await askOrg(dialog, offered.org_slug)
    api_key ??= await askKey(dialog, offered.api_key)
    const used = { org_slug, api_key }
    const client = new AgentClient({
      url: server.url,
      verify_tls: server.verify_tls,
      ...used,
      user_agent: `mc-bridge/${BRIDGE_VERSION}`,
      request_timeout_ms: TIMEOUT_MS,
      tries: 2,
    })
    try {
      const me = await knowAgent(client, used)
      dialog.ok(`${maskKey(api_key)} is the key of ${whoText(me, org_slug)}.`)
      return { ...used, me, client }
    } catch (error) {
      client.close()
      // Of another organization: either may be the wrong one, and the key is offered again. A refused key is not.
      offered.api_key = error instanceof OtherOrg ? api_key : undefined
      if (error instanceof OtherOrg) org_slug = undefined
      api_key = undefined
      throw error
    }
  })
}

async function askOrg(dialog: Dialog, fallback: string | undefined): Promise<string> {
  return await dialog.retry(async () => {
    const label = 'Organization, as in the address of the app: /o/<organization>'
    const slug = (await dialog.text({ label, fallback, otherwise: 'Set MC_ORG.' })).toLowerCase()
    if (SLUG.test(slug)) return slug
    throw new Trouble(
      `${JSON.stringify(slug)} is no name of an organization in addresses.`,
      'It has small letters, digits and -: in https://mc.example.com/o/acme/agents it is acme.',
    )
  })
}

async function askKey(dialog: Dialog, fallback: string | undefined): Promise<string> {
  const label = 'API key of the agent (not shown while you paste it)'
  const shown = fallback === undefined ? undefined : maskKey(fallback)
  return await dialog.secret({ label, fallback, shown, otherwise: 'Set MC_API_KEY.' })
}
