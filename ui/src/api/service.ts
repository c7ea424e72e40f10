import { atServer } from '../base.ts'
import { credentials, request } from './http.ts'

export interface Version {
  version: string
  api_version: string
  min_bridge_version: string
}

export interface Ready {
  status: string
  checks: Record<string, string>
}

export const service = {
  version: () => request<Version>('GET', '/version'),
  /** Without `request`: the server answers 503 with the same body while a check fails. */
  ready: async (): Promise<Ready> => {
    const response = await fetch(atServer('/ready'), { ...credentials(), cache: 'no-store' })
    return await response.json()
  },
}
