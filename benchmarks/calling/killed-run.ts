import { spawn } from 'node:child_process'

/**
 * Runs a command until it writes a line, and ends it with SIGKILL then: neither the runner nor its steps can clean up.
 * @throws Error when it ends before
 */
export async function killedAt(argv: readonly string[], line: RegExp): Promise<void> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (!line.test(text)) continue
    child.kill('SIGKILL')
    return
  }
  throw new Error(`The run that was to be killed ended before it wrote ${line}:\n${text.slice(-2000)}`)
}
