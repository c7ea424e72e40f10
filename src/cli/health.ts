import { loadConfig } from '../config.ts'

/** A server that is busy answers late; a container is asked again anyway. */
const ANSWER_MS = 4_000

/** `health`: whether the server on this machine is ready, for the health check of a container. Returns the exit code. */
export async function health(env: Record<string, string | undefined>): Promise<number> {
  const { config } = loadConfig(env)
  const host = ['0.0.0.0', '::'].includes(config.host) ? '127.0.0.1' : config.host
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${config.port}/ready`
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) })
    const text = await answer.text()
    if (answer.ok) console.log('ready')
    else console.error(`not ready: ${text.slice(0, 500)}`)
    return answer.ok ? 0 : 1
  } catch {
    console.error(`Nothing answers at ${url}.`)
    return 1
  }
}
