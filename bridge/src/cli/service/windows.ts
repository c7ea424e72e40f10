/**
 * Lines of PowerShell that let the Task Scheduler start the bridge. `sc.exe` is no way: it expects a program that answers
 * the service manager, and ends any other after 30 seconds.
 */
export function taskLines({
  program,
  config_path,
}: {
  program: readonly string[]
  config_path: string
}): string {
  const [file = '', ...before] = program
  const rest = [...before, 'run', '--config', config_path].map((word) =>
    /\s/.test(word) ? `"${word}"` : word,
  )
  return `$action = New-ScheduledTaskAction -Execute ${quoted(file)} -Argument ${quoted(rest.join(' '))}
$trigger = New-ScheduledTaskTrigger -AtLogOn -User $env:USERNAME
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask -TaskName 'Mission Control Bridge' -Action $action -Trigger $trigger -Settings $settings -Force
Start-ScheduledTask -TaskName 'Mission Control Bridge'
`
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
