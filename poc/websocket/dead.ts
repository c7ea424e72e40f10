import { join } from 'node:path'
import { type Criteria, short } from '../lib/criteria.ts'
import { Server, until } from './programs.ts'

/** The runtime pings a silent peer at half of this and lets it go at the end. */
const IDLE_S = short ? 8 : 60
const LIMIT_MS = short ? 15_000 : 90_000
const NAMESPACE = `mcpoc${process.pid}`

type Peer = ReturnType<typeof Bun.spawn>

async function peer(url: string, name: string, within: string[] = []): Promise<Peer> {
  const child = Bun.spawn(
    [...within, process.execPath, join(import.meta.dir, 'peer.ts'), `${url}?name=${name}`],
    {
      env: { PATH: process.env.PATH ?? '' },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
    },
  )
  const { value } = await child.stdout.getReader().read()
  if (!value) throw new Error(`the peer ${name} could not connect`)
  return child
}

/** A network of its own for one peer; undefined with a reason when this machine does not let us. */
async function network(): Promise<{ host: string; drop(): Promise<void>; remove(): Promise<void> } | string> {
  if (process.getuid?.() !== 0 || !Bun.which('ip')) return 'needs root and iproute2'
  const run = (line: string) => Bun.$`sh -c ${line}`.quiet().nothrow()
  const [host, guest] = ['10.231.77.1', '10.231.77.2']
  const made = await run(
    `ip netns add ${NAMESPACE} && ip link add ${NAMESPACE}h type veth peer name ${NAMESPACE}g && ip link set ${NAMESPACE}g netns ${NAMESPACE} && ip addr add ${host}/30 dev ${NAMESPACE}h && ip link set ${NAMESPACE}h up && ip netns exec ${NAMESPACE} ip addr add ${guest}/30 dev ${NAMESPACE}g && ip netns exec ${NAMESPACE} ip link set ${NAMESPACE}g up`,
  )
  const remove = async () => void (await run(`ip link del ${NAMESPACE}h; ip netns del ${NAMESPACE}`))
  if (made.exitCode !== 0) {
    await remove()
    return `cannot make a network: ${made.stderr.toString().trim().split('\n')[0]}`
  }
  // The far end stops answering; this end is not told.
  return {
    host,
    drop: async () => void (await run(`ip netns exec ${NAMESPACE} ip link set ${NAMESPACE}g down`)),
    remove,
  }
}

/** How long it takes until a peer that is closed, frozen or cut off is known to be gone; a silent one that lives stays. */
export async function checkDead(c: Criteria): Promise<void> {
  const net = await network()
  const server = await Server.start(
    { IDLE_S: String(IDLE_S) },
    typeof net === 'string' ? '127.0.0.1' : '0.0.0.0',
  )
  const peers: Peer[] = []
  try {
    const open = async (name: string, within?: string[], host = '127.0.0.1') => {
      const child = await peer(`ws://${host}:${server.port}/ws`, name, within)
      peers.push(child)
      return child
    }
    await open('alive')
    const closed = await open('closed')
    const frozen = await open('frozen')
    const cases = ['closed', 'frozen']
    if (typeof net === 'string') c.note('D3', 'network path dropped: left out', net)
    else {
      await open('cut', ['ip', 'netns', 'exec', NAMESPACE], net.host)
      cases.push('cut')
    }
    const gone = async (name: string) => (await server.stats()).ended.some((end) => end.name === name)
    const begin_ms = performance.now()
    closed.kill('SIGKILL')
    frozen.kill('SIGSTOP')
    if (typeof net !== 'string') await net.drop()
    const found = await Promise.all(
      cases.map(async (name) => {
        await until(`the ${name} peer is found to be gone`, LIMIT_MS * 2, () => gone(name))
        return performance.now() - begin_ms
      }),
    )
    const limit = { max: LIMIT_MS, unit: 'ms' }
    c.check('D1', 'a peer that was killed is known to be gone after', found[0]!, limit)
    c.check('D2', `a frozen one (silent for ${IDLE_S} s)`, found[1]!, limit)
    if (found[2] !== undefined) c.check('D3', 'one whose network path is gone', found[2], limit)
    // Longer than a silent peer may be: it lives by its pongs alone.
    await Bun.sleep(Math.max(0, IDLE_S * 1_250 - (performance.now() - begin_ms)))
    c.check('D4', 'a peer that is silent and alive is still there', await gone('alive'), { equals: false })
  } finally {
    for (const child of peers) child.kill('SIGKILL')
    await server.stop()
    if (typeof net !== 'string') await net.remove()
  }
}
