import type { Surroundings } from '../config/paths.ts'
import { loadConfig } from '../config/read.ts'
import { versionLine } from '../version.ts'
import type { CommandLine } from './arguments.ts'
import { checkCommand } from './check.ts'
import { initCommand } from './init.ts'
import { MISTAKE } from './mistakes.ts'
import type { Print } from './print.ts'
import { runCommand } from './run-command.ts'
import { installService } from './service/install.ts'
import { statusCommand } from './status.ts'

/** Runs a command. Returns the exit code; throws what `explain` tells people about. */
export async function dispatch(line: CommandLine, around: Surroundings, print: Print): Promise<number> {
  switch (line.command) {
    case 'help':
      print.out(line.text)
      return 0
    case 'mistake':
      print.err(line.text)
      return MISTAKE
    case 'version':
      print.out(versionLine())
      return 0
    case 'service install':
      return installService({ ...line, program: programOf() }, around, print)
    case 'run':
      return await runCommand(line.config, around)
    case 'status':
      return await statusCommand(loadConfig(line.config, around).config, line.json, print)
    case 'check':
      return await checkCommand(line, around, print)
    case 'init':
      return await initCommand(line, around, print)
  }
}

/** How this program is called: one file when compiled, Bun with a path otherwise. */
function programOf(): string[] {
  const compiled = /^(\/\$bunfs\/|B:[\\/]~BUN[\\/])/.test(Bun.main)
  return compiled ? [process.execPath] : [process.execPath, Bun.main]
}
