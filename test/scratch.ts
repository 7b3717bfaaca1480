import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

/** All temporary folders of a test run lie in one, which goes when the run ends: tests need not tidy up after themselves. */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-tests-'))
  chmodSync(folder, 0o711) // where tests run as root, some of them start programs as another user
  process.env.TMPDIR = folder
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
