import { setTimeout } from 'node:timers/promises'
import type { Credentials, CredentialsConfig } from '../config.ts'
import { awsSecretsManager } from './aws.ts'
import { environmentCredentials } from './environment.ts'
import { secretsFile } from './secrets-file.ts'
import { type Means, type Source, SourceCredentials } from './source.ts'
import { vault } from './vault.ts'

/** The credentials that a configuration names. `means` replaces parts of the real surroundings. */
export function openCredentials(config: CredentialsConfig, means: Partial<Means> = {}): Credentials {
  const all: Means = {
    env: process.env,
    fetch: (url, init) => fetch(url, init),
    now: Date.now,
    pause: (ms, signal) => setTimeout(ms, undefined, { signal, ref: false }),
    report: () => undefined,
    ...means,
  }
  if (config.provider === 'env') return environmentCredentials(all)
  return new SourceCredentials(sourceOf(config, all), all)
}

function sourceOf(config: Exclude<CredentialsConfig, { provider: 'env' }>, means: Means): Source {
  switch (config.provider) {
    case 'file':
      return secretsFile(config.path, means)
    case 'aws_secrets_manager':
      return awsSecretsManager(config, means)
    case 'vault':
      return vault(config, means)
  }
}
