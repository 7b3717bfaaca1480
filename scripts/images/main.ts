import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contents } from '../../containers/images.ts'
import { checkContents } from './check.ts'
import { type Engine, Fault, findEngine } from './engine.ts'
import { billOf, inventory } from './materials.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const containers = path.join(root, 'containers')
/** What the engine reads: containers/ with the packages of npm, kept so that they are fetched once. */
const context = path.join(root, '.images')
const { version, repository } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly repository?: { readonly url: string }
} // our own
const help = `npm run images [-- NAME…] [OPTIONS]

Builds images of containers/ (${Object.keys(contents).join(', ')}), checks the versions of their tools, and writes a bill of
materials for each to containers/sbom/. Without names: all but training-cuda, whose base is some gigabytes.

  --engine NAME      podman or docker (default: the first of them that is here)
  --base IMAGE       in place of the base that the Dockerfiles name by digest
  --prefix PATH      before the names of images (default trireme)
  --tag TAG          (default ${version})
  --push REGISTRY    push them there, such as ghcr.io/owner, and write containers/images.lock
  --lock FILE        write that file in its place
  --sbom FOLDER      where bills of materials are written (default containers/sbom)
  --source URL       where the sources of the images are, for their labels
  --isolation KIND   podman's: chroot where it may not make namespaces of its own
  --check            build nothing: look at those that are here
`
const flags = {
  engine: { type: 'string' },
  base: { type: 'string' },
  prefix: { type: 'string', default: 'trireme' },
  tag: { type: 'string', default: version },
  push: { type: 'string' },
  lock: { type: 'string', default: path.join(containers, 'images.lock') },
  sbom: { type: 'string', default: path.join(containers, 'sbom') },
  source: { type: 'string', default: repository?.url ?? '' },
  isolation: { type: 'string' },
  check: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** @returns the exit status */
export async function main(words: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: flags, allowPositionals: true })
    if (values.help) {
      say(help)
      return 0
    }
    const unknown = positionals.find(name => !Object.hasOwn(contents, name))
    if (unknown !== undefined) throw new Fault(`There is no image "${unknown}". There are: ${Object.keys(contents).join(', ')}.`)
    const names = positionals.length > 0 ? positionals : Object.keys(contents).filter(name => name !== 'training-cuda')
    const engine = await findEngine(values.engine)
    for (const name of names) {
      const image = `localhost/${[values.prefix, name].filter(Boolean).join('/')}:${values.tag}`
      if (!values.check) await build(engine, name, image, values)
      await checkContents(engine, name, image)
      await bill(engine, name, image, values)
      say(
        `${name}: ${image}, ${megabytes(await engine.inspect(image, '{{.Size}}'))}; versions of ${Object.keys(contents[name as keyof typeof contents]).join(', ')} are right`,
      ) // checked above
      if (values.push !== undefined) await push(engine, name, image, values.push, values)
    }
    return 0
  } catch (error) {
    const own = error instanceof Fault || (error instanceof TypeError && 'code' in error) // parseArgs tells of wrong flags by a TypeError
    if (!own) throw error
    say(error.message)
    return 1
  }
}
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const megabytes = (bytes: string) => `${Math.round(Number(bytes) / 1e6)} MB`

interface Values {
  readonly prefix: string
  readonly tag: string
  readonly lock: string
  readonly sbom: string
  readonly source: string
  readonly base?: string | undefined
  readonly isolation?: string | undefined
}
async function build(engine: Engine, name: string, image: string, { tag, source, base, isolation }: Values): Promise<void> {
  const text = readFileSync(path.join(containers, name, 'Dockerfile'), 'utf8')
  cpSync(containers, context, { recursive: true })
  for (const folder of ['node', 'imaging']) if (text.includes(`COPY ${folder}/`)) packagesIn(folder)
  const labels = { version: tag, ...(source !== '' && { source }), 'base.name': base ?? /^ARG BASE=(.*)$/m.exec(text)?.[1] ?? '' }
  await engine.show([
    'build',
    ...(engine.name === 'podman' && isolation !== undefined ? ['--isolation', isolation] : []),
    ...(base === undefined ? [] : ['--build-arg', `BASE=${base}`]),
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `org.opencontainers.image.${label}=${value}`]),
    ...['--platform', 'linux/amd64', '--tag', image, '--file', path.join(context, name, 'Dockerfile'), context],
  ])
}
/** npm compares what it brings with the digests in package-lock.json. What is there already stays. */
function packagesIn(folder: string): void {
  const at = path.join(context, folder)
  const wanted = readFileSync(path.join(at, 'package-lock.json'), 'utf8')
  const mark = path.join(at, 'node_modules', 'from')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  const npm = process.env.npm_execpath
  const [program, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const platform = ['--os', 'linux', '--cpu', 'x64', '--libc', 'glibc']
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error']
  execFileSync(program, [...first, 'ci', ...platform, ...quiet], { cwd: at, stdio: ['ignore', 2, 2] })
  writeFileSync(mark, wanted)
}
async function bill(engine: Engine, name: string, image: string, { tag, sbom }: Values): Promise<void> {
  const [id = '', created = '', licence = ''] = (
    await engine.inspect(image, '{{.Id}}\t{{json .Created}}\t{{index .Config.Labels "org.opencontainers.image.licenses"}}')
  ).split('\t')
  const subject = { name: `trireme-${name}`, version: tag, id, created: created.replaceAll('"', ''), licence }
  mkdirSync(sbom, { recursive: true })
  writeFileSync(path.join(sbom, `${name}.spdx.json`), `${JSON.stringify(billOf(subject, await engine.ask(image, inventory)), null, 1)}\n`)
}
/** Names that were not pushed this time stay in the lock. */
async function push(engine: Engine, name: string, image: string, registry: string, { prefix, tag, lock }: Values): Promise<void> {
  const repository = [registry.replace(/\/+$/, ''), prefix, name].filter(Boolean).join('/')
  const locked = `${repository}@${await engine.push(image, `${repository}:${tag}`)}`
  const before = existsSync(lock) ? (JSON.parse(readFileSync(lock, 'utf8')) as Readonly<Record<string, string>>) : {} // written here
  const after = Object.entries({ ...before, [name]: locked }).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(lock, `${JSON.stringify(Object.fromEntries(after), null, 2)}\n`)
  say(`${name}: ${locked}`)
}
