import { expect, test } from 'bun:test'
import { outcomeOf } from '../../../src/workers/mail/outcome.ts'
import { smtpServer } from '../../../src/workers/mail/smtp-url.ts'

test('a URL names host, port, TLS and account; a password needs TLS unless the server is on this machine', () => {
  expect(smtpServer('smtp://u%40x:p%2Fw@mail.example.com')).toEqual({
    host: 'mail.example.com',
    port: 587,
    secure: false,
    requireTLS: true,
    ignoreTLS: false,
    tls: { rejectUnauthorized: true },
    auth: { user: 'u@x', pass: 'p/w' },
  })
  expect(smtpServer('smtps://mail.example.com')).toMatchObject({ port: 465, secure: true, auth: undefined })
  for (const local of ['smtp://u:p@localhost:25', 'smtp://u:p@127.0.0.1:25', 'smtp://u:p@[::1]:25'])
    expect(smtpServer(local)).toMatchObject({ requireTLS: false, tls: { rejectUnauthorized: false } })
  expect(
    smtpServer('smtp://u:p@mail.example.com?requireTLS=false&tls.rejectUnauthorized=false'),
  ).toMatchObject({
    requireTLS: false,
    tls: { rejectUnauthorized: false },
  })
})

test('an outcome is unknown only after the server asked for the content, and quotes no sign-in', () => {
  const rcpt = { command: 'RCPT TO', responseCode: 550, response: '550 no\r\nsuch user' }
  expect(outcomeOf(rcpt, false)).toEqual({ outcome: 'refused', reason: '550 no such user' })
  expect(outcomeOf({ ...rcpt, responseCode: 421 }, true).outcome).toBe('deferred')
  expect(outcomeOf({ command: 'CONN', responseCode: 554, response: '554 go away' }, false).outcome).toBe(
    'deferred',
  )
  const refused = outcomeOf({ code: 'EAUTH', responseCode: 535, response: '535 wrong password p/w' }, false)
  expect(refused).toMatchObject({ outcome: 'deferred', reason: expect.not.stringContaining('p/w') })
  expect(outcomeOf({ code: 'ETIMEDOUT' }, false).outcome).toBe('deferred')
  expect(outcomeOf({ code: 'ETIMEDOUT' }, true).outcome).toBe('unknown')
  expect(outcomeOf(undefined, true).outcome).toBe('unknown')
})
