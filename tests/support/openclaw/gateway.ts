/** A real gateway with its fake model in a folder of its own, for as long as a test needs it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FakeModel, type Script, startFakeModel } from './fake-model.ts'
import { type InstalledGateway, installGateway, type OpenClawVersion } from './install.ts'
import { type LaunchOptions, launchGateway, ownAddress, type RunningGateway } from './launch.ts'

export class RealGateway {
  readonly version: OpenClawVersion
  readonly token: string
  readonly model: FakeModel
  readonly url: string
  /** As from another machine. */
  readonly remote_url: string
  readonly #installed: InstalledGateway
  readonly #launch: LaunchOptions
  #running: RunningGateway

  private constructor(
    installed: InstalledGateway,
    launch: LaunchOptions,
    model: FakeModel,
    running: RunningGateway,
  ) {
    this.#installed = installed
    this.#launch = launch
    this.#running = running
    this.model = model
    this.version = installed.version
    this.token = launch.token
    this.url = running.url
    this.remote_url = launch.remote ? `ws://${ownAddress()}:${launch.port}` : running.url
  }

  /** Installs the version when it is not there, and starts it. */
  static async start(
    version: OpenClawVersion,
    { script, env }: { script?: Script; env?: Record<string, string> } = {},
  ): Promise<RealGateway> {
    const installed = await installGateway(version)
    const model = startFakeModel(script)
    const launch = {
      dir: mkdtempSync(join(tmpdir(), 'mc-openclaw-')),
      port: await freePort(),
      token: 'test-gateway-token',
      model_port: model.port,
      remote: true,
      ...(env && { env }),
    }
    try {
      return new RealGateway(installed, launch, model, await launchGateway(installed, launch))
    } catch (error) {
      model.stop()
      throw error
    }
  }

  get ready_ms(): number {
    return this.#running.ready_ms
  }

  /** SIGKILL; nothing listens until `start`. */
  kill(): Promise<void> {
    return this.#running.kill()
  }

  terminate(): void {
    this.#running.terminate()
  }

  /** Resolves when the gateway has ended, e.g. after it drained. */
  ended(): Promise<void> {
    return this.#running.ended()
  }

  /** A start on what is left, after `kill`. */
  async start(): Promise<void> {
    this.#running = await launchGateway(this.#installed, this.#launch)
  }

  async approve(request_id: string): Promise<void> {
    await this.#running.openclaw('devices', 'approve', request_id)
  }

  async removeDevice(device_id: string): Promise<void> {
    await this.#running.openclaw('devices', 'remove', device_id)
  }

  async stop(): Promise<void> {
    await this.kill()
    this.model.stop()
    rmSync(this.#launch.dir, { recursive: true, force: true })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address === 'object' && address) return address.port
  throw new Error('There is no free port.')
}
