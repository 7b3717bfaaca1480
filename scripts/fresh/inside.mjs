// What scripts/fresh.mjs starts with mounts of its own: FOLDER SUITE user|root.
import { cpSync, readdirSync } from 'node:fs'
import { freshMachine } from './machine.mjs'
import { refuse, say } from './say.mjs'

const [folder, suite, who] = process.argv.slice(2)
const root = { name: 'root', home: '/root', cwd: '/opt/trireme' }
const ada = { name: 'ada', home: '/home/ada', cwd: '/home/ada/trireme' }

let machine
try {
  machine = freshMachine(folder, suite)
} catch (error) {
  process.exit(refuse(error.message))
}
say(`A fresh Debian ${machine.release}, Node ${process.versions.node}; nothing else is installed.`)
const before = machine.packages()
const figures = await (who === 'user' ? asUser() : asRoot())
const added = machine.packages().filter(name => !before.includes(name))

say(`\nA fresh Debian ${machine.release}${who === 'user' ? ', an ordinary user' : ''}`)
for (const { what, seconds, fault, told } of figures)
  say(`  ${what.padEnd(26)}${seconds.toFixed(1).padStart(8)} s   ${fault ? `FAILED: ${fault}` : told}`)
say(`  ${added.length} packages of apt-get were installed; with them, the clone and its packages it takes ${machine.size()}.`)
// The tests' own count comes last. What failed beside them is added to it.
const { counts } = figures.find(each => each.counts !== undefined) ?? { counts: { passed: 0, failed: 0, skipped: 0 } }
const failed = figures.filter(({ fault, counts }) => fault !== undefined && !counts?.failed).length + counts.failed
console.log(`${counts.passed} passed, ${failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}`)
process.exitCode = failed > 0 ? 1 : 0

async function asRoot() {
  machine.clone(root.cwd)
  return [await carriedOut('npm start', root), await tested(root)]
}
/** Most people are not root. They are told at once what to ask for; when root has installed just that, everything passes. */
async function asUser() {
  machine.must('useradd', '--create-home', '--shell', '/bin/bash', ada.name)
  for (const name of readdirSync(machine.at(root.home)).filter(name => ['.npmrc', '.pip', '.config'].includes(name)))
    cpSync(machine.at(root.home, name), machine.at(ada.home, name), { recursive: true })
  machine.must('chown', '-R', `${ada.name}:`, ada.home)
  machine.clone(ada.cwd, ada.name)
  const setUp = await carriedOut('node scripts/setup.mjs', ada)
  const without = [await withoutTools('npm start'), await withoutTools('npm test')]
  const line = without.at(-1).aptGet
  if (line === undefined) return [setUp, ...without]
  machine.must('apt-get', '-q', 'update')
  const byRoot = { ...(await carriedOut(line, { ...root, cwd: '/' })), what: 'that apt-get, by root' }
  return [setUp, ...without, byRoot, await carriedOut('npm start', ada), await tested(ada)]
}
async function withoutTools(command) {
  const { seconds, status, output } = await machine.command(command, ada)
  const aptGet = /^\s*sudo (apt-get .*)$/m.exec(output)?.[1]
  const conda = /^\s*micromamba create .*bioconda::/m.test(output)
  const faults = [
    status === 0 ? 'it ended well, though there are no tools' : '',
    seconds > 5 ? 'it took longer than 5 s' : '',
    aptGet && conda ? '' : 'it does not name the packages of apt-get and of conda',
  ].filter(Boolean)
  const fault = faults.length > 0 ? faults.join('; ') : undefined
  return { what: `${command}, without tools`, seconds, fault, told: 'says what is missing and how to get it', aptGet }
}
async function carriedOut(command, who) {
  const { seconds, status, output } = await machine.command(command, who)
  return { what: command, seconds, output, fault: status === 0 ? undefined : `it ended with status ${status}`, told: 'ended well' }
}
async function tested(who) {
  const figure = await carriedOut('npm test', who)
  const lines = [...figure.output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)]
  const [passed, failed, skipped] = (lines.at(-1)?.slice(1) ?? [0, 1, 0]).map(text => Number(text ?? 0))
  const fault = figure.fault ?? (failed > 0 ? `${failed} failed` : undefined)
  return { ...figure, fault, told: `${passed} passed, ${skipped} skipped`, counts: { passed, failed, skipped } }
}
