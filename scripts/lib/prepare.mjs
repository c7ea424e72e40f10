import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { exclusively } from './exclusively.mjs'
import { forgetDone, hashOf, isDone, RECORDS, recordDone } from './files.mjs'
import { installer, installProblem } from './installer.mjs'
import { installedBun, ROOT, runQuietly } from './processes.mjs'
import { Refusal, tail } from './refusal.mjs'

const INSTALL = 'installed'
const UI = 'ui'

/** Installs the dependencies when they are missing or not those of the lock file. Returns the path of Bun. */
export async function ensureDependencies(say) {
  const wanted = () => hashOf(['bun.lock', 'package.json', 'ui/package.json', 'bridge/package.json'])
  const present = () => (isDone(INSTALL, wanted()) && !isRunning(INSTALL) ? installedBun() : undefined)
  return (
    present() ??
    (await exclusively(
      mark(INSTALL),
      () => say('Another start is installing; waiting …'),
      async (step) => {
        if (!step.interrupted && isDone(INSTALL, wanted()) && installedBun()) return installedBun()
        // Bun does not repair a package whose files or install script were interrupted.
        if (step.interrupted) removeDependencies()
        forgetDone(INSTALL)
        say('Installing dependencies (once) …')
        const { command, args, env } = await installer()
        const options = { env, onChild: step.onChild }
        const { ok, output } = await runQuietly(command, [...args, 'install', '--frozen-lockfile'], options)
        if (!ok) throw new Refusal(`${tail(output)}\n${installProblem(output)}`)
        const bun = installedBun()
        if (!bun || !(await runQuietly(bun, ['--version'])).ok)
          throw new Refusal(
            'Bun was installed but does not run. Remove the folder node_modules and start again, without --ignore-scripts.',
          )
        recordDone(INSTALL, wanted())
        return bun
      },
    ))
  )
}

/** Builds the app when it is missing or older than its sources. */
export async function ensureUi(bun, say) {
  const ui = join(ROOT, 'ui')
  const dist = join(ui, 'dist')
  if (!existsSync(join(ui, 'index.html'))) return
  const inputs = [
    'ui/package.json',
    'ui/index.html',
    'ui/vite.config.ts',
    'ui/service-worker.js',
    'ui/scripts',
    'ui/src',
    'ui/public',
    'docs',
  ]
  const wanted = () => hashOf(['bun.lock', ...inputs, 'src/contracts'])
  const present = () => isDone(UI, wanted()) && !isRunning(UI) && existsSync(join(dist, 'index.html'))
  if (present()) return
  await exclusively(
    mark(UI),
    () => say('Another start is building the app; waiting …'),
    async (step) => {
      if (!step.interrupted && isDone(UI, wanted()) && existsSync(join(dist, 'index.html'))) return
      forgetDone(UI)
      say('Building the app (once) …')
      // Built beside its place: a build that is killed leaves no half-made app.
      const fresh = `${dist}.new`
      const built = { cwd: ui, onChild: step.onChild }
      const { ok, output } = await runQuietly(
        bun,
        ['run', 'build', '--outDir', fresh, '--emptyOutDir'],
        built,
      )
      if (!ok)
        throw new Refusal(`${tail(output)}\nThe app in ui/ could not be built; the lines above say why.`)
      replaceFolder(dist, fresh)
      recordDone(UI, wanted())
    },
  )
}

function mark(step) {
  return join(RECORDS, `${step}.running`)
}

function isRunning(step) {
  return existsSync(mark(step))
}

/** Removes every installed package, and keeps the records: the mark of this step must survive a kill here. */
function removeDependencies() {
  for (const workspace of ['ui', 'bridge'])
    rmSync(join(ROOT, workspace, 'node_modules'), { recursive: true, force: true })
  const modules = join(ROOT, 'node_modules')
  for (const name of readdirSync(modules))
    if (join(modules, name) !== RECORDS) rmSync(join(modules, name), { recursive: true, force: true })
}

function replaceFolder(folder, fresh) {
  const old = `${folder}.old`
  rmSync(old, { recursive: true, force: true })
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(fresh, folder)
  rmSync(old, { recursive: true, force: true })
}
