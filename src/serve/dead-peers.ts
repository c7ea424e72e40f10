import { dlopen, ptr } from 'bun:ffi'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** From <netinet/tcp.h> of Linux. */
const IPPROTO_TCP = 6
const TCP_USER_TIMEOUT = 18
/** State of a listening socket in /proc/net/tcp. */
const LISTENS = '0A'
/** Of glibc, and of musl. */
const LIBC = ['libc.so.6', `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`]

/**
 * Ends connections to the port whose peer has acknowledged nothing for so long (ms). A peer that vanished without a word
 * would otherwise be kept, and be shown as present, until TCP gives up after 15 minutes. The kernel passes the option of a
 * listening socket on to those that it accepts; the runtime has no setting for it. Linux only; false if not set. Source:
 * tcp(7), TCP_USER_TIMEOUT.
 */
export function endDeadPeers(port: number, timeout_ms: number): boolean {
  if (process.platform !== 'linux') return false
  const libc = openLibc()
  const value = new Uint32Array([timeout_ms])
  const set = listeningSockets(port).map(
    (fd) => libc.setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ptr(value), value.byteLength) === 0,
  )
  return set.length > 0 && set.every(Boolean)
}

/** File descriptors of this process that listen on the port. */
function listeningSockets(port: number): number[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6'])
    for (const line of linesOf(file)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/)
      if (state === LISTENS && local?.endsWith(suffix) && inode) inodes.add(`socket:[${inode}]`)
    }
  return readdirSync('/proc/self/fd').flatMap((fd) => (inodes.has(linkOf(fd)) ? [Number(fd)] : []))
}

/** No lines where IPv6 is off. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** Empty for a descriptor that was closed since the listing. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}

function openLibc() {
  const setsockopt = { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' } as const
  const [first = '', ...others] = LIBC
  try {
    return dlopen(first, { setsockopt }).symbols
  } catch (error) {
    const [other] = others
    if (other === undefined) throw error
    return dlopen(other, { setsockopt }).symbols
  }
}
