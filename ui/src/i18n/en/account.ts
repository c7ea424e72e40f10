/** The account menu and its dialogs. */
export const account = {
  menu: {
    label: 'Account',
    theme: 'Theme',
    language: 'Language',
    language_system: 'As the browser',
    names: 'Name and username…',
    picture: 'Picture…',
    email: 'Change e-mail…',
    password: 'Change password…',
    identities: 'Sign-in methods…',
    second_factor: 'Second factor…',
    passkeys: 'Passkeys…',
    sessions: 'Sessions…',
    docs: 'Documentation',
    sign_out: 'Sign out',
  },
} as const
