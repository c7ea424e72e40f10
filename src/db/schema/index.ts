/** Everything drizzle-kit looks at when it makes a migration. */
export * from './chat.ts'
export * from './global.ts'
export * from './orgs.ts'
export * from './work.ts'
