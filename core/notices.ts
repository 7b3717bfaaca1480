import { withoutSecrets } from './secrets.ts'
import { withoutControls } from './terminal.ts'

const noticed = new Set<string>()
/**
 * Tells a person, once, what did not stop the program: a damaged file that was passed over. It says which file, what that means, and what to do.
 * To stderr: what a command was asked for goes to stdout.
 */
export function notice(line: string): void {
  if (noticed.has(line)) return
  noticed.add(line)
  process.stderr.write(`${withoutControls(withoutSecrets(line))}\n`)
}
