// Brings a fresh clone to where commands run: npm's packages and dist/. Runs before "npm start" and "npm test", so it may use nothing
// but Node itself. Does only what is out of date; the second time it takes a few milliseconds.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)

const needed = [20, 12]
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1]))
  stop(
    `Node ${process.versions.node} is too old; ${needed.join('.')} or newer is needed. Install it from https://nodejs.org and try again.`,
  )

const changed = file => (existsSync(file) ? statSync(file).mtimeMs : Number.NEGATIVE_INFINITY)
// npm writes node_modules/.package-lock.json as the last thing of every install. Where node_modules is a link, it is another checkout's:
// "npm ci" would empty it under the feet of all who share it.
const shared = lstatSync('node_modules', { throwIfNoEntry: false })?.isSymbolicLink()
if (shared && !existsSync('node_modules/.package-lock.json'))
  stop('node_modules is a link to a folder without packages. Run "npm ci" in the checkout that it belongs to, or remove the link.')
if (!shared && changed('node_modules/.package-lock.json') < changed('package-lock.json')) {
  say('Installing the packages of package-lock.json (npm ci) …')
  // Under "npm run" npm tells where it is; a bare "node scripts/setup.mjs" takes the one on PATH.
  const npm = process.env.npm_execpath
  const [program, words] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  run(
    program,
    [...words, 'ci', '--no-audit', '--no-fund'],
    'The packages could not be installed. Read the lines above; "npm ci" tries again.',
  )
}

const sources = [
  'core',
  'steps',
  'pipelines',
  'containers',
  'datasets',
  'benchmarks',
  'environments',
  'cli',
  'cli.ts',
  'scripts/build.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
]
const newest = Math.max(...sources.filter(existsSync).flatMap(withAllBelow).map(changed))
if (changed('dist/cli.js') < newest) {
  say('Building dist/ (node scripts/build.mjs) …')
  run(
    process.execPath,
    ['scripts/build.mjs'],
    'dist/ could not be built. Read the lines above; "npm run build" tries again.',
    () => rmSync('dist/cli.js', { force: true }), // or half a build would pass for a whole one
  )
}

/** Folders count too: their time changes when a file is removed. Tests are no part of dist/. */
function withAllBelow(place) {
  if (!statSync(place).isDirectory()) return [place]
  const below = readdirSync(place, { recursive: true }).filter(name => !name.endsWith('.test.ts'))
  return [place, ...below.map(name => path.join(place, name))]
}
function run(program, words, remedy, onFailure = () => {}) {
  const { status, error } = spawnSync(program, words, { stdio: 'inherit' })
  if (status === 0) return
  onFailure()
  stop(error ? `${program} could not be started: ${error.message}. ${remedy}` : remedy)
}
function say(line) {
  process.stderr.write(`${line}\n`)
}
function stop(line) {
  say(line)
  process.exit(1)
}
