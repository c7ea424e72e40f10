import { expect, test } from 'bun:test'
import {
  emailChangedMail,
  emailConfirmMail,
  passwordResetMail,
} from '../../../src/domain/mail/account-mails.ts'
import { emailLinkPage, signInLinkPage } from '../../../src/domain/mail/app-links.ts'

const HOSTILE = '<img src=x onerror=alert(1)>\r\nBcc: all@example.com'

test('U16 U17 names in mails to accounts are text, and stay on their line in the subject', () => {
  const mails = [
    passwordResetMail([{ org_names: [HOSTILE, 'Other'], url: 'https://mc.example.com/sign-in-link/x' }]),
    emailConfirmMail({ display_name: HOSTILE, former_email: 'a@b.c', url: 'https://mc.example.com/c/x' }),
    emailChangedMail({ display_name: HOSTILE, email: 'd@e.f' }),
  ]
  for (const { subject, html } of mails) {
    expect(subject).not.toMatch(/[\r\n]/)
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;img')
    expect(html).not.toMatch(/<(script|link|iframe)/i)
  }
})

test('U16 a mail names the organizations of each account, and counts the rest', () => {
  const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
  const accounts = [
    { org_names: names, url: 'https://mc.example.com/1' },
    { org_names: ['Alone'], url: 'https://mc.example.com/2' },
  ]
  const { text } = passwordResetMail(accounts)
  expect(text).toContain('Your account in A, B, C, D, E, 2 more:\nhttps://mc.example.com/1')
  expect(text).toContain('Your account in Alone:\nhttps://mc.example.com/2')
  expect(text).toContain('Each link works once')
  expect(passwordResetMail(accounts.slice(1)).text).toContain('The link works once')
})

test('U16 U17 links lead to pages of the app', () => {
  expect(signInLinkPage('https://mc.example.com', 't')).toBe('https://mc.example.com/sign-in-link/t')
  expect(emailLinkPage('https://mc.example.com', 't')).toBe('https://mc.example.com/confirm-email/t')
})

test('mails to accounts are in the language of the person', () => {
  const { subject, text, html } = passwordResetMail(
    [{ org_names: ['A'], url: 'https://mc.example.com/1' }],
    'de',
  )
  expect(subject).toBe('Neues Passwort setzen · Mission Control')
  expect(text).toContain('Konto in A:\nhttps://mc.example.com/1')
  expect(text).toContain('Der Link gilt einmal')
  expect(html).toContain('<html lang="de">')
  const person = {
    display_name: 'Una',
    former_email: 'a@b.c',
    email: 'd@e.f',
    url: 'https://mc.example.com/1',
  }
  expect(emailConfirmMail(person, 'de').text).toContain('Una (a@b.c) möchte sich')
  expect(emailChangedMail(person, 'de').text).toContain('Das Konto von Una hat ab jetzt die Adresse d@e.f')
})
