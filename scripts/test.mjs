// "npm test": everything there is to check, each even when another failed; only without the tools nothing else is tried. The last line tells
// how it went: "N passed, N failed".
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

process.chdir(path.join(path.dirname(fileURLToPath(import.meta.url)), '..'))
const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-tests-'))
const report = path.join(folder, 'vitest.json')
const count = { passed: 0, failed: 0, skipped: 0 }
const failures = []

if (check('Tools', 'dist/cli.js', 'doctor', '--install', '--tests')) {
  const { useOwnTools } = await import('../dist/cli/machine/install.js')
  useOwnTools() // tests call programs by their names
  check('Lint and format', 'node_modules/@biomejs/biome/bin/biome', 'check', '.')
  check('Types, TypeScript 7', 'node_modules/typescript/bin/tsc', '-p', '.')
  check('Types, TypeScript 5.9', 'node_modules/typescript-5/bin/tsc', '-p', '.')
  vitest(...process.argv.slice(2))
}

rmSync(folder, { recursive: true, force: true })
for (const line of failures) console.log(`FAILED: ${line}`)
console.log(`${count.passed} passed, ${count.failed} failed${count.skipped > 0 ? `, ${count.skipped} skipped` : ''}`)
process.exitCode = count.failed > 0 ? 1 : 0

function check(what, ...words) {
  console.log(`\n── ${what}`)
  const sound = node(words)
  count[sound ? 'passed' : 'failed']++
  if (!sound) failures.push(`${what} (node ${words.join(' ')})`)
  return sound
}
function node(words) {
  return spawnSync(process.execPath, words, { stdio: 'inherit' }).status === 0
}
function vitest(...words) {
  console.log('\n── Tests')
  const sound = run(words)
  let files = results()
  const failing = files.filter(failed).map(({ name }) => path.relative('', name))
  // A machine that is busy, or too fast, is no fault of the code: what fails a second time, with nothing beside it, is. Both times are shown.
  if (failing.length > 0 && failing.length <= 5) {
    console.log(`\n── Tests of ${failing.length} files that failed, again`)
    run(failing)
    const again = results()
    files = files.map(file => again.find(({ name }) => name === file.name) ?? file)
    for (const file of again) if (!failed(file)) console.log(`FAILED ONCE, and passed when run again: ${path.relative('', file.name)}`)
  }
  const before = count.failed
  for (const file of files) {
    const states = file.assertionResults.map(({ status }) => status)
    count.passed += states.filter(state => state === 'passed').length
    count.skipped += states.filter(state => ['skipped', 'pending', 'todo', 'disabled'].includes(state)).length
    count.failed += failed(file)
    if (failed(file)) failures.push(`${path.relative('', file.name)}: ${failed(file)}`)
  }
  if (sound || failing.length > 0 || count.failed > before) return
  count.failed++ // an error outside of any test, such as a promise that nobody awaited
  failures.push('vitest ended with an error of its own; see above')
}
function run(words) {
  rmSync(report, { force: true })
  return node(['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...words])
}
// A file that cannot be loaded has no tests, and fails all the same.
function failed({ assertionResults, status }) {
  return assertionResults.filter(each => each.status === 'failed').length || (status === 'failed' ? 1 : 0)
}
function results() {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults
  } catch {
    return []
  }
}
