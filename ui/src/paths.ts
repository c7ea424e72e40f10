/** Builds every link of the app, so that a route can change in one place. The router knows the base path; `below` adds it elsewhere. */
import { atServer } from './base.ts'
import { wrapped } from './platform/wrapped.ts'

const segment = encodeURIComponent

export const paths = {
  home: () => '/',
  setup: () => '/setup',
  login: (return_to?: string) =>
    return_to === undefined || return_to === '/' ? '/login' : `/login?return_to=${segment(return_to)}`,
  secondStep: () => '/second-step',
  forgotPassword: (email = '') =>
    email === '' ? '/forgot-password' : `/forgot-password?email=${segment(email)}`,
  /** Leaves the app: the server redirects to the provider. */
  providerLogin: (provider: string, return_to: string) =>
    atServer(`/auth/login?provider=${segment(provider)}&return_to=${segment(return_to)}`),
  /** Of the wrapped app: the choice of its server. */
  server: (query: Readonly<Record<string, string>> = {}) => {
    const search = new URLSearchParams(query)
    return search.size === 0 ? '/server' : `/server?${search}`
  },
  guide: () => '/guide',
  /** The documentation, which is not a page of the app. */
  docs: () => '/docs/guide/',
  orgs: () => '/orgs',
  org: (slug: string) => `/o/${segment(slug)}`,
  channels: (slug: string) => `/o/${segment(slug)}/channels`,
  /** With `seq`: the link to a message. */
  channel: (slug: string, channel_id: string, seq?: number) =>
    `/o/${segment(slug)}/channels/${segment(channel_id)}${seq === undefined ? '' : `?seq=${seq}`}`,
  projects: (slug: string) => `/o/${segment(slug)}/projects`,
  project: (slug: string, project_id: string) => `/o/${segment(slug)}/projects/${segment(project_id)}`,
  tasks: (slug: string) => `/o/${segment(slug)}/tasks`,
  /** The board with the tasks of a project. */
  tasksOf: (slug: string, project_id: string) =>
    `/o/${segment(slug)}/tasks?project_id=${segment(project_id)}`,
  task: (slug: string, task_id: string) => `/o/${segment(slug)}/tasks/${segment(task_id)}`,
  /** With a filter, e.g. `{ project_id }`: the history of one thing. */
  events: (slug: string, filter: Record<string, string | string[]> = {}) => {
    const query = new URLSearchParams(
      Object.entries(filter).flatMap(([name, values]) => [values].flat().map((value) => [name, value])),
    )
    return `/o/${segment(slug)}/events${query.size === 0 ? '' : `?${query}`}`
  },
  search: (slug: string) => `/o/${segment(slug)}/search`,
  agents: (slug: string) => `/o/${segment(slug)}/agents`,
  /** Without an agent: the choice of one. */
  connect: (slug: string, agent_id?: string) =>
    `/o/${segment(slug)}/agents/connect${agent_id === undefined ? '' : `/${segment(agent_id)}`}`,
  /** Without a tab: the first one that the reader may see. */
  settings: (slug: string, tab?: string) =>
    `/o/${segment(slug)}/settings${tab === undefined ? '' : `/${segment(tab)}`}`,
  /** With a text: the members that it finds. */
  members: (slug: string, q?: string) =>
    `/o/${segment(slug)}/settings/members${q === undefined ? '' : `?q=${segment(q)}`}`,
}

/** The URL of a path at a server, for sharing. */
export function absolute(path: string, server: string): string {
  return server + path
}

/**
 * The local path to open after sign-in. A value that a browser could resolve to another origin (`//host`, a scheme, a
 * backslash, a control character) becomes `/`.
 */
export function localPath(value: unknown): string {
  if (typeof value !== 'string' || !/^\/(?![/\\])/.test(value)) return '/'
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) < 0x20 || value[i] === '\\') return '/'
  const base = 'http://local.invalid'
  if (!URL.canParse(value, base)) return '/'
  const url = new URL(value, base)
  return url.origin === base ? url.pathname + url.search + url.hash : '/'
}

/** Whether this page can use passkeys: browsers bind them to the name of its server, never to a bare address. */
export function mayUsePasskeys(host = location.hostname): boolean {
  const is_address = /^[\d.]+$/.test(host) || host.includes(':')
  return !wrapped() && !is_address && typeof PublicKeyCredential === 'function'
}
