import type { ParseArgsOptionsConfig } from 'node:util'
import { loadConfig, printConfig } from '../config.ts'
import { migrate } from '../db/migrate-command.ts'
import { dbSeed, demo } from '../demo/commands.ts'
import { serve } from '../serve.ts'
import { archiveList, archiveRestore } from './archive.ts'
import { backup } from './backup.ts'
import { createUser } from './create-user.ts'
import { doctor } from './doctor.ts'
import { health } from './health.ts'
import { importFile } from './import.ts'
import { resetPassword } from './reset-password.ts'
import { restore } from './restore.ts'
import { rotateSecret } from './rotate-jwt-secret.ts'
import { upgrade } from './upgrade-database.ts'

type Env = Record<string, string | undefined>

export interface Command {
  /** One line for the overview. */
  summary: string
  /** Options as the usage shows them. */
  arguments_text?: string
  /** Further lines of the command's own help. */
  details?: readonly string[]
  options?: ParseArgsOptionsConfig
  required?: readonly string[]
  /** The option that a word without a name is the value of. */
  positional?: string
  /** Returns the exit code; undefined while a server runs. Throws one sentence. */
  run(env: Env, values: Record<string, string | boolean | undefined>): Promise<number | undefined>
}

/** Every command by its name, in the order of the overview. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'start the server (default)',
    async run(env) {
      await serve(env)
      return undefined
    },
  },
  demo: {
    summary: 'start one with demo data and two agents that talk, below <data folder>/demo',
    async run(env) {
      await demo(env)
      return undefined
    },
  },
  'migrate up': {
    summary: "bring the database's schema up to date",
    run: async (env) => await migrate(loadConfig(env).config, { direction: 'up' }),
  },
  'migrate down': {
    summary: 'take it back to version N (data of newer versions is lost)',
    arguments_text: '--to N',
    details: ['', '  --to N   version of the schema to go back to; 0 removes everything'],
    options: { to: { type: 'string' } },
    required: ['to'],
    async run(env, { to }) {
      if (typeof to === 'string' && /^\d{1,9}$/.test(to))
        return await migrate(loadConfig(env).config, { direction: 'down', to: Number(to) })
      console.error(
        '--to must be the number of a schema version, such as: mission-control migrate down --to 3',
      )
      return 2
    },
  },
  'db seed': {
    summary: 'fill an empty database with the demo organization',
    arguments_text: '[--openclaw] [--force]',
    details: [
      '',
      '  --openclaw   with the organization "OpenClaw" instead: the plan of this product as tasks, and an agent with its key',
      '  --force      also into a database that is in use',
    ],
    options: { openclaw: { type: 'boolean' }, force: { type: 'boolean' } },
    run: async (env, { openclaw, force }) =>
      await dbSeed(env, { openclaw: openclaw === true, force: force === true }),
  },
  import: {
    summary: 'make an organization from the file of an export',
    arguments_text: 'FILE [--slug SLUG] [--trusted]',
    positional: 'file',
    details: [
      '',
      '  FILE          a .tar.gz that "Settings → Export" made, with the same version of Mission Control',
      '  --slug SLUG   address of the organization, when the one in the file is taken here',
      '  --trusted     without the limits on how far the file may expand: for a file of your own',
      '',
      'Stores all of it or nothing. Keys and passwords are in no export: administrators get one-time links, agents new keys.',
    ],
    options: { file: { type: 'string' }, slug: { type: 'string' }, trusted: { type: 'boolean' } },
    required: ['file'],
    run: async (env, { file, slug, trusted }) =>
      await importFile(env, {
        file: String(file),
        slug: typeof slug === 'string' ? slug : undefined,
        trusted: trusted === true,
      }),
  },
  backup: {
    summary: 'write the whole installation to a file, while the server works',
    arguments_text: '[FILE] [--with-secrets] [--without-archive] [--verify]',
    positional: 'file',
    details: [
      '',
      '  FILE               where to; left out: where the scheduled backups go (MC_BACKUP_DESTINATION)',
      '  --with-secrets     also the secrets in the data folder: whoever has the file can act for everybody',
      '  --without-archive  without the files of events and messages that organizations no longer keep',
      '  --verify           then restore it into an empty database that is thrown away',
      '',
      'Exports and backups of organizations, settings and sessions are in no backup. A file is never overwritten.',
    ],
    options: {
      file: { type: 'string' },
      'with-secrets': { type: 'boolean' },
      'without-archive': { type: 'boolean' },
      verify: { type: 'boolean' },
    },
    run: async (env, { file, verify, ...flags }) =>
      await backup(env, {
        file: typeof file === 'string' ? file : undefined,
        with_secrets: flags['with-secrets'] === true,
        without_archive: flags['without-archive'] === true,
        verify: verify === true,
      }),
  },
  restore: {
    summary: 'make an empty installation what a backup holds',
    arguments_text: 'FILE [--check]',
    positional: 'file',
    details: [
      '',
      '  FILE      a file of "mission-control backup", of this version or an older one',
      '  --check   restore it into an empty database that is thrown away, and touch nothing else',
      '',
      'Stores all of it or nothing, and only where there are no rows. The server must not run.',
      'Everybody signs in again, and every client loads anew.',
    ],
    options: { file: { type: 'string' }, check: { type: 'boolean' } },
    required: ['file'],
    run: async (env, { file, check }) => await restore(env, { file: String(file), check: check === true }),
  },
  'upgrade-database': {
    summary: 'bring the embedded database to the PostgreSQL of this program',
    arguments_text: '--old FOLDER',
    positional: 'old',
    details: [
      '',
      '  --old FOLDER   the PostgreSQL that made the database: the folder that has bin/postgres',
      '',
      'The server must not run. The old database is kept beside the new one.',
    ],
    options: { old: { type: 'string' } },
    required: ['old'],
    run: async (env, { old }) => await upgrade(env, String(old)),
  },
  'admin create-user': {
    summary: 'print a one-time invite link, for an organization whose administrators are gone',
    arguments_text: '--email ADDRESS --name NAME --org SLUG [--role ROLE]',
    details: [
      '',
      '  --email ADDRESS   of the person',
      '  --name NAME       as the organization sees it',
      '  --org SLUG        the organization, by its address',
      '  --role ROLE       administrator (default) or contributor',
    ],
    options: {
      email: { type: 'string' },
      name: { type: 'string' },
      org: { type: 'string' },
      role: { type: 'string' },
    },
    required: ['email', 'name', 'org'],
    run: async (env, { email, name, org, role = 'administrator' }) =>
      createUser(env, { email: String(email), name: String(name), org: String(org), role: String(role) }),
  },
  'admin reset-password': {
    summary: 'print a one-time link with which a person sets a new password',
    arguments_text: '--email ADDRESS [--org SLUG] [--without-second-factor] [--allow-password]',
    positional: 'email',
    details: [
      '',
      '  --email ADDRESS           of the person',
      '  --org SLUG                an organization of the account, when several accounts have the address',
      '  --without-second-factor   turns the second factor off as well, for whoever lost it',
      '  --allow-password          lets people in with a password again, where the person administers and their provider is gone',
    ],
    options: {
      email: { type: 'string' },
      org: { type: 'string' },
      'without-second-factor': { type: 'boolean' },
      'allow-password': { type: 'boolean' },
    },
    required: ['email'],
    run: async (env, { email, org, ...flags }) =>
      resetPassword(env, {
        email: String(email),
        org: typeof org === 'string' ? org : undefined,
        without_second_factor: flags['without-second-factor'] === true,
        allow_password: flags['allow-password'] === true,
      }),
  },
  'admin rotate-jwt-secret': {
    summary: 'replace the secret that signs sessions and links; nobody is signed out',
    run: async (env) => rotateSecret(env),
  },
  'archive list': {
    summary: 'list the archived events and messages of an organization',
    arguments_text: '--org SLUG',
    positional: 'org',
    options: { org: { type: 'string' } },
    required: ['org'],
    run: async (env, { org }) => await archiveList(env, String(org)),
  },
  'archive restore': {
    summary: 'bring a month back into the database; set a longer retention first',
    arguments_text: '--org SLUG --kind events|messages --month YYYY-MM',
    details: [
      '',
      '  --org SLUG      the organization',
      '  --kind KIND     events or messages',
      '  --month MONTH   such as 2026-01',
    ],
    options: { org: { type: 'string' }, kind: { type: 'string' }, month: { type: 'string' } },
    required: ['org', 'kind', 'month'],
    run: async (env, { org, kind, month }) =>
      await archiveRestore(env, { slug: String(org), kind: String(kind), month: String(month) }),
  },
  doctor: {
    summary: 'look for what is wrong with settings, folders, database and network, and say what to do',
    run: async (env) => await doctor(env),
  },
  health: {
    summary: 'say whether the server on this machine is ready (exit code 0), for health checks',
    run: async (env) => await health(env),
  },
  config: {
    summary: 'print the settings that are in force, secrets masked',
    async run(env) {
      console.log(printConfig(env))
      loadConfig(env)
      return 0
    },
  },
}
