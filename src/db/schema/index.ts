/** The schema as drizzle-kit reads it for a migration. */
export * from './chat.ts'
export * from './global.ts'
export * from './mail.ts'
export * from './orgs.ts'
export * from './scim.ts'
export * from './work.ts'
