import { WRITTEN_BY } from './systemd.ts'

export const LAUNCHD_LABEL = 'mission-control.bridge'

/** A property list of launchd, launchd.plist(5): an agent of the person, started at login and after each end. */
export function plistText(facts: {
  program: readonly string[]
  config_path: string
  log_path: string
}): string {
  const words = [...facts.program, 'run', '--config', facts.config_path]
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ${WRITTEN_BY} -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LAUNCHD_LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${text(word)}</string>`).join('\n')}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <true/>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>20</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>Umask</key>
  <integer>${0o077}</integer>
  <key>StandardOutPath</key>
  <string>${text(facts.log_path)}</string>
  <key>StandardErrorPath</key>
  <string>${text(facts.log_path)}</string>
</dict>
</plist>
`
}

const text = (plain: string) => plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
