/** The protocol this client speaks; the gateway only adds to it within one number. */
export const PROTOCOL = 4
/** The oldest gateway whose transcripts carry run ids and whose sessions can be archived. */
export const OLDEST_GATEWAY = '2026.8.1'

/** Why a gateway cannot be served, naming both versions; undefined when it can. */
export function unsupported(version: string, protocol: number): string | undefined {
  if (protocol !== PROTOCOL)
    return `The gateway ${version} speaks protocol ${protocol}; this bridge speaks protocol ${PROTOCOL}.`
  if (!isAtLeast(version, OLDEST_GATEWAY))
    return `The gateway is OpenClaw ${version}; this bridge needs OpenClaw ${OLDEST_GATEWAY} or newer, with protocol ${PROTOCOL}.`
  return undefined
}

/** Calendar versions `YYYY.M.PATCH`; a suffix as in `2026.8.1-beta.3` is a release before that number. */
function isAtLeast(version: string, oldest: string): boolean {
  const [numbers, suffix] = parts(version)
  const [wanted] = parts(oldest)
  for (const [place, want] of wanted.entries()) {
    const have = numbers[place] ?? Number.NaN
    if (Number.isNaN(have)) return false
    if (have !== want) return have > want
  }
  return suffix === undefined
}

function parts(version: string): [number[], string | undefined] {
  const [, numbers = '', suffix] = /^v?(\d+(?:\.\d+){0,3})(?:-(.+))?$/.exec(version.trim()) ?? []
  return [numbers.split('.').map((n) => (n === '' ? Number.NaN : Number(n))), suffix]
}
