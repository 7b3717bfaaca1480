// "npm run fresh": the commands of the README on a machine that has only Node, git and apt: a Debian made for this, thrown away afterwards.
// In it are Node and npm copied from here, a clone of HEAD, and this machine's settings of apt, npm and pip. For root, on Linux.
//   npm run fresh                       "npm start" and "npm test", as root
//   npm run fresh -- --user             as an ordinary user: without the tools, which must be told within 5 s, then with them
//   npm run fresh -- --suite trixie     another Debian than 12
// The last line is the tests' own, "N passed, N failed". It runs before npm's packages are there, so it may use nothing but Node itself.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { installed, refuse, say } from './fresh/say.mjs'

const checkout = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
/** Mounts and processes of its own. The processes die with the first of them, and that with its parent. */
const apart = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child']

const { suite, user } = wanted()
const reason = obstacle()
process.exitCode = reason === undefined ? await run() : refuse(reason)

function wanted() {
  try {
    const { values } = parseArgs({ options: { suite: { type: 'string', default: 'bookworm' }, user: { type: 'boolean', default: false } } })
    if (!/^[a-z]+$/.test(values.suite)) throw new Error(`"${values.suite}" is no name of a Debian release; bookworm and trixie are.`)
    return values
  } catch (error) {
    say(`${error.message}\nUsage: npm run fresh -- [--user] [--suite SUITE]`)
    process.exit(2)
  }
}
/** Why no machine can be made here, and what to do; undefined where one can. */
function obstacle() {
  if (process.platform !== 'linux') return `this is ${process.platform}, and Linux is needed`
  if (process.getuid() !== 0) return 'only root may make one; run it as root'
  for (const program of ['unshare', 'setpriv'])
    if (!installed(program)) return `the program ${program} is missing; install your system's package "util-linux"`
  const { status, stderr } = spawnSync('unshare', [...apart, 'true'], { encoding: 'utf8' })
  if (status !== 0) return `mounts of one's own are refused (${stderr.trim()}); in a container that takes the capability SYS_ADMIN`
  if (installed('debootstrap')) return undefined
  if (!installed('apt-get')) return 'the program debootstrap is missing; install your system\'s package "debootstrap"'
  say('Installing debootstrap (apt-get) …')
  for (const words of [['update'], ['install', '-y', '--no-install-recommends', 'debootstrap']])
    spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...words], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  return installed('debootstrap') ? undefined : 'apt-get could not install debootstrap; its own words are above'
}
/** A folder, and a second process with mounts of its own: when that ends, by whatever, its mounts are gone, and the folder is removed. */
async function run() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-fresh-'))
  // Bash comes first, since the first process has to take care of all whose parents died. Node would not.
  const inside = [process.execPath, path.join(checkout, 'scripts/fresh/inside.mjs'), folder, suite, user ? 'user' : 'root']
  const words = ['--pdeathsig', 'KILL', 'unshare', ...apart, 'bash', '-c', '"$@" & wait $!', 'first', ...inside]
  const child = spawn('setpriv', words, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] })
  let stopped
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      stopped ??= signal
      endAll(child.pid)
    })
  const status = await new Promise(done => {
    child.on('error', ({ message }) => done(refuse(message)))
    child.on('exit', done)
  })
  for (let tries = 0; existsSync(folder) && tries < 3; tries++) spawnSync('rm', ['-rf', '--one-file-system', folder])
  if (existsSync(folder)) say(`${folder} could not be removed. Look at what is in it, and remove it by hand.`)
  return stopped === undefined ? (status ?? 1) : 128 + os.constants.signals[stopped]
}
/** Ends the first process in there; when it has ended, so have all others. */
function endAll(pid) {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    process.kill(Number(first) || pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
