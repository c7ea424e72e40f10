import { describe, expect, test } from 'bun:test'
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts'
import { SIGN_IN_METHODS } from '../../../src/contracts/vocabulary.ts'
import { localPath } from '../../../src/domain/local-path.ts'
import { admits, signInRule } from '../../../src/domain/sign-in.ts'

describe('the ways into an org', () => {
  const rule = (methods: typeof DEFAULT_SETTINGS.authentication.allowed_oidc_providers, workspace = {}) =>
    signInRule({
      authentication: { ...DEFAULT_SETTINGS.authentication, allowed_oidc_providers: methods },
      integrations: {
        ...DEFAULT_SETTINGS.integrations,
        google_workspace: { enabled: false, domain: null, ...workspace },
      },
    })
  const way = (method: (typeof SIGN_IN_METHODS)[number], hosted_domain: string | null = null) => ({
    method,
    hosted_domain,
  })

  test('are all of them by default', () => {
    for (const method of SIGN_IN_METHODS) expect(admits(signInRule(DEFAULT_SETTINGS), way(method))).toBe(true)
  })

  test('are those that are listed', () => {
    for (const method of SIGN_IN_METHODS)
      expect(admits(rule(['oidc', 'github']), way(method))).toBe(['oidc', 'github'].includes(method))
  })

  test('need the Google Workspace when one is set, for Google only', () => {
    const only = rule(['google', 'password'], { enabled: true, domain: 'example.com' })
    expect(admits(only, way('google', 'example.com'))).toBe(true)
    for (const other of [null, 'other.example', 'sub.example.com'])
      expect(admits(only, way('google', other)), String(other)).toBe(false)
    expect(admits(only, way('password'))).toBe(true)
    expect(admits(rule(['google'], { enabled: false, domain: 'example.com' }), way('google'))).toBe(true)
  })
})

describe('a local path', () => {
  test('is kept', () => {
    for (const path of ['/', '/o/fieldnote/tasks?status=backlog#top', '/a/%2F%2Fb', '/login?next=//x'])
      expect(localPath(path), path).toBe(path)
    expect(localPath('/a/../b')).toBe('/b')
  })

  test('is nothing that a browser resolves to another origin', () => {
    const base = 'http://app.example'
    for (const text of [
      ...[
        '',
        'a',
        '//x',
        '///x',
        '/\\x',
        '\\x',
        '\\\\x',
        'https://x',
        'javascript:alert(1)',
        '/\t/x',
        '/\n/x',
      ],
      ...['/.//x', '/a/..//x', '/./\\x', '/ /x', '/x\u0000', `/${'x'.repeat(3_000)}`],
    ]) {
      expect(localPath(text), text).toBeUndefined()
    }
    // Whatever is let through stays here, also when it is resolved once more.
    for (const text of ['/a//b', '/a;//x', '/?//x', '/#//x', '/%5cx', '/%09/x']) {
      const path = localPath(text) ?? ''
      expect(new URL(path, base).origin, text).toBe(base)
    }
  })
})
