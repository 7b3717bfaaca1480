// Builds dist/: compiled modules, bundled step scripts, copied assets. `npm ci` runs it through "prepare".
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..')
process.chdir(root)
const rooms = ['core', 'steps', 'pipelines', 'containers', 'datasets', 'benchmarks', 'environments', 'cli']
const files = rooms
  .filter(room => existsSync(room))
  .flatMap(room => readdirSync(room, { recursive: true }).map(name => path.join(room, name)))
  .filter(name => !/(^|[\\/])\./.test(name)) // an editor's, or an environment of Python: no part of the package

const tsc = ['node_modules/typescript/bin/tsc', 'node_modules/typescript/lib/tsc.js'].find(place => existsSync(place))
if (!tsc) {
  if (existsSync('dist/cli.js')) process.exit(0) // an installed package has no compiler and needs none
  if (process.env.npm_command === 'exec') process.exit(0) // npx hides these words; the command itself says them
  process.stderr.write(
    `Trireme is not set up in ${process.cwd()}: without TypeScript its dist/ cannot be built. Run "npm ci" there first.\n`,
  )
  process.exit(1)
}
rmSync('dist', { recursive: true, force: true })

// A step's script becomes one file with all it imports: its digest is in the step's key, here and in every container.
const { build } = await import('esbuild')
const scripts = files.filter(file => file.endsWith('.script.ts'))
await build({
  entryPoints: scripts,
  outbase: '.',
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  legalComments: 'none',
})
// A library in the older form of modules (tar-stream) calls `require` for Node's own ones, which a module does not have of itself.
const requiring = "import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)\n"
for (const bundle of scripts.map(file => path.join('dist', file.replace(/\.ts$/, '.mjs')))) {
  const text = readFileSync(bundle, 'utf8')
  if (text.includes('Dynamic require of')) writeFileSync(bundle, requiring + text)
}
for (const file of files.filter(
  name =>
    !/\bgolden\b/.test(name) &&
    /\.(sh|py|awk|yaml|ipynb)$|^datasets\/.*\.(fa|fa\.gz|fai|fastq\.gz|vcf|vcf\.gz|bed|csv|tsv|json)$/.test(name),
)) {
  mkdirSync(path.dirname(path.join('dist', file)), { recursive: true })
  cpSync(file, path.join('dist', file))
}
try {
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
} catch {
  process.exitCode = 1 // the compiler has said why
}
if (existsSync('dist/cli.js')) {
  chmodSync('dist/cli.js', 0o755)
  // "npx trireme-bio" in the checkout itself: npm links a package's own commands only where it is installed.
  mkdirSync('node_modules/.bin', { recursive: true })
  for (const name of ['trireme', 'trireme-bio']) {
    rmSync(path.join('node_modules/.bin', name), { force: true })
    symlinkSync(path.join('..', '..', 'bin', 'trireme.mjs'), path.join('node_modules/.bin', name))
  }
}
