import { systemClock } from '../../clock.ts'
import { GatewayClient } from '../../gateway/client.ts'
import { Device, DeviceUnusable } from '../../gateway/device.ts'
import type { ConnectedLink } from '../../gateway/port.ts'
import { spanText } from '../../health/words.ts'
import { GatewayRefusal, linkGateway } from '../../proof/link-gateway.ts'
import { reachGateway } from '../../proof/reach-gateway.ts'
import { Trouble } from '../../proof/step.ts'
import { LIMITS } from '../../round-trip.ts'
import { BRIDGE_VERSION } from '../../version.ts'
import { gatewayAddress, isHere } from './addresses.ts'
import type { Dialog } from './dialog.ts'
import type { LocalGateway } from './openclaw.ts'

export interface GatewayHints {
  known_url: string | undefined
  /** From the environment: used for whatever gateway is named. */
  given_token: string | undefined
  /** Its token is for a gateway on this machine only. */
  local: LocalGateway
  device_path: string
}

export interface GatewayPart {
  url: string
  link: ConnectedLink
  client: GatewayClient
  names: string[]
  /** Sessions that the client hears. */
  listenTo(prefix: string): void
}

const REACH_MS = 5_000
const IN_CLEAR = `!   ws:// to another machine is not encrypted: its token and all messages go in clear text.
    Better: wss://, or a tunnel such as ssh -N -L 18789:127.0.0.1:18789 <host>.`

/** Finds the gateway and pairs with it. Throws `Trouble` when nobody can be asked again. */
export async function askGateway(dialog: Dialog, hints: GatewayHints): Promise<GatewayPart> {
  dialog.title('OpenClaw Gateway')
  const device = loadDevice(hints.device_path)
  return await dialog.retry(async () => {
    const url = await askAddress(dialog, hints)
    return await pair(dialog, hints, url, device)
  })
}

function loadDevice(path: string): Device {
  try {
    return Device.load(path)
  } catch (error) {
    if (error instanceof DeviceUnusable) throw error
    throw new Trouble(
      `The key of this device cannot be kept at ${path} (${error instanceof Error ? error.message : error}).`,
      'Run this as the user that the bridge runs as.',
      error,
    )
  }
}

async function askAddress(dialog: Dialog, { known_url, local }: GatewayHints): Promise<string> {
  return await dialog.retry(async () => {
    const fallback = known_url ?? local.url
    const there = await reachGateway(fallback, REACH_MS).then(
      () => ', a gateway answers there',
      // Whatever is wrong with it is told when the person takes it.
      () => '',
    )
    const label = 'Address'
    const shown = `${fallback}${there}`
    const url = gatewayAddress(await dialog.text({ label, fallback, shown, otherwise: '' }))
    await reachGateway(url, REACH_MS)
    if (url.startsWith('ws:') && !isHere(url)) dialog.say(IN_CLEAR)
    return url
  })
}

/** Tries with what is known, then with each token that the person gives. */
async function pair(dialog: Dialog, hints: GatewayHints, url: string, device: Device): Promise<GatewayPart> {
  const { given_token, local } = hints
  const of_file = isHere(url) ? local.token : undefined
  let shared_token = given_token ?? of_file ?? null
  let from = given_token === undefined ? of_file && local.token_from : 'OPENCLAW_GATEWAY_TOKEN'
  for (;;) {
    const had_token = device.token !== null
    try {
      const part = await connect(dialog, url, device, shared_token)
      if (!had_token && from !== undefined) dialog.say(`The shared token came from ${from}; it is not kept.`)
      return part
    } catch (error) {
      if (!(error instanceof GatewayRefusal) || error.reason !== 'unauthorized') throw error
      if (had_token) {
        dialog.say('This gateway does not know this device any more: it is paired anew.')
        device.forgetToken()
        continue
      }
      if (shared_token !== null) refusedToken(dialog, from)
      else if (!dialog.goes_on) throw NO_TOKEN
      else dialog.say(`The gateway wants its shared token to pair this device. ${WHERE}`)
      shared_token = await askToken(dialog)
      from = undefined
    }
  }
}

const WHERE = 'It is gateway.auth.token in ~/.openclaw/openclaw.json there.'
const NO_TOKEN = new Trouble(
  'The gateway wants its shared token, once, to pair this device.',
  `${WHERE} Set OPENCLAW_GATEWAY_TOKEN here.`,
)

function refusedToken(dialog: Dialog, from: string | undefined): void {
  const which = from === undefined ? 'this token' : `the token of ${from}`
  const trouble = new Trouble(`The gateway does not accept ${which}.`, WHERE)
  if (!dialog.goes_on) throw trouble
  dialog.trouble(trouble)
}

async function askToken(dialog: Dialog): Promise<string> {
  const label = 'Shared token (not shown, used once, not kept)'
  return await dialog.secret({ label, otherwise: 'Set OPENCLAW_GATEWAY_TOKEN.' })
}

async function connect(
  dialog: Dialog,
  url: string,
  device: Device,
  shared_token: string | null,
): Promise<GatewayPart> {
  let prefix: string | undefined
  const client = new GatewayClient({
    url,
    auth: { kind: 'device', device, shared_token },
    owns: (key) => prefix !== undefined && key.startsWith(prefix),
    version: BRIDGE_VERSION,
  })
  const waiting = new Waiting(dialog, device.id)
  try {
    const link = await linkGateway(client, {
      url,
      clock: systemClock,
      timeout_ms: LIMITS.answer_ms,
      onPairing: (command) => waiting.on(command),
      signal: waiting.given_up,
    })
    waiting.end()
    const approved = waiting.since === undefined ? 'Paired' : 'Approved'
    dialog.ok(`${approved}: OpenClaw ${link.version} at ${url}, protocol ${link.protocol}.`)
    const names = await client.agents()
    const listenTo = (sessions: string) => {
      prefix = sessions
    }
    return { url, link, client, names, listenTo }
  } catch (error) {
    await client.close()
    throw error
  } finally {
    waiting.end()
  }
}

/** A person who approves may have to find another machine first; after this, nobody comes. */
const APPROVAL_MS = 15 * 60_000
const TICK_MS = 1_000

/** Shows what has to be approved, and for how long it waits. */
class Waiting {
  readonly #dialog: Dialog
  readonly #device_id: string
  readonly #giving_up = new AbortController()
  since: number | undefined
  #command = ''
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(dialog: Dialog, device_id: string) {
    this.#dialog = dialog
    this.#device_id = device_id
  }

  get given_up(): AbortSignal {
    return this.#giving_up.signal
  }

  on(command: string): void {
    if (command === this.#command) return
    const again = this.#command !== ''
    this.#command = command
    this.since ??= systemClock.now()
    this.#dialog.endProgress()
    this.#dialog.say(
      again
        ? 'That request has expired. The new one:'
        : `This bridge is the device ${this.#device_id}.\nWaiting for approval. Run on the gateway's machine:`,
    )
    this.#dialog.say(`\n    ${command}\n`)
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS)
  }

  end(): void {
    clearInterval(this.#timer)
    if (this.#timer) this.#dialog.endProgress()
    this.#timer = undefined
  }

  #tick(): void {
    const waited_ms = systemClock.now() - (this.since ?? 0)
    this.#dialog.progress(`Waiting for approval, ${spanText(waited_ms)}…`)
    if (waited_ms > APPROVAL_MS)
      this.#giving_up.abort(
        new Trouble(
          `Nobody approved this bridge within ${spanText(APPROVAL_MS)}.`,
          'Run mc-bridge init again when somebody can.',
        ),
      )
  }
}
