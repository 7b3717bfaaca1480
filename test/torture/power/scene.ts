import { spawnSync } from 'node:child_process'
import {
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../../cli/project/package.ts'
import { start } from '../setting.ts'
import { type Cut, Disk, killed, type Leaf, type Tree } from './disk.ts'
import { broken, type Moment } from './promises.ts'
import { repeat, straceWords } from './trace.ts'

/** Words of the command line: a run, one that puts other results in the place of its, one that only publishes, a clean, and one that makes again what that removed. */
export const commands = {
  run: ['run', 'numbers', '--out', 'results/first'],
  again: ['run', 'numbers', '--to', '2000', '--out', 'results/first'],
  publish: ['run', 'numbers', '--to', '2000', '--out', 'results/new/second'],
  clean: ['clean', '--keep-last', '1'],
  back: ['run', 'numbers', '--out', 'results/third'],
} as const
export type CommandName = keyof typeof commands

const numbers = `
import { kind, mib, pipeline, run, step } from 'trireme-bio'
import { z } from 'zod'
const text = kind('text', { extension: '.txt' })
const needs = { cpu: 1, memory: mib(64) }
const count = step({
  name: 'count', image: 'any', needs, inputs: {}, params: { to: z.number() }, outputs: { numbers: text },
  command: ({ to, numbers }) => run('seq', to).into(numbers),
})
const total = step({
  name: 'total', image: 'any', needs, inputs: { numbers: text }, outputs: { sum: text },
  command: ({ numbers, sum }) => run('awk', '{ s += $1 } END { print s }', numbers).into(sum),
})
export const numbers = pipeline({
  name: 'numbers', inputs: {}, params: { to: z.number().default(1000) },
  build: ({ to }) => {
    const made = count({ to }).numbers
    return { numbers: made, sum: total({ numbers: made }).sum }
  },
})
`
/** A change of one compiled module: what a check must find. */
export interface Mutant {
  readonly name: string
  readonly module: string
  readonly from: string | RegExp
  readonly to: string
  /** The first fault that it leads to. */
  readonly finds: RegExp
}
/** The package as it is built, with hard links; one of its modules changed by each mutant. */
export function packageWith(folder: string, mutants: readonly Mutant[] = []): string {
  const own = path.join(folder, 'package')
  mkdirSync(own)
  for (const name of readdirSync(path.join(packageRoot, 'dist'), { recursive: true, encoding: 'utf8' })) {
    const [from, to] = [path.join(packageRoot, 'dist', name), path.join(own, 'dist', name)]
    if (lstatSync(from).isDirectory()) mkdirSync(to, { recursive: true })
    else {
      mkdirSync(path.dirname(to), { recursive: true })
      linkOrCopy(from, to)
    }
  }
  cpSync(path.join(packageRoot, 'package.json'), path.join(own, 'package.json'))
  symlinkSync(path.join(packageRoot, 'node_modules'), path.join(own, 'node_modules'))
  for (const { name, module, from, to } of mutants) {
    const file = path.join(own, 'dist', module)
    const text = readFileSync(file, 'utf8')
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`There is nothing to change for the mutant "${name}" in ${module}`)
    rmSync(file)
    writeFileSync(file, changed)
  }
  return own
}
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to)
  }
}
/** A project that the package is installed in. */
export function projectIn(folder: string, own: string): string {
  const project = path.join(realpathSync(folder), 'project')
  mkdirSync(path.join(project, 'pipelines'), { recursive: true })
  mkdirSync(path.join(project, 'node_modules'))
  writeFileSync(path.join(project, 'package.json'), '{ "name": "mine", "type": "module" }')
  writeFileSync(path.join(project, 'pipelines/numbers.ts'), numbers)
  symlinkSync(own, path.join(project, 'node_modules/trireme-bio'))
  symlinkSync(path.join(packageRoot, 'node_modules/zod'), path.join(project, 'node_modules/zod'))
  return project
}
/** One thread for files, and calls that strace sees. */
export const steady = { ...process.env, TRIREME_STORE: '', UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' }
const told = /^(Done in|Removed|Nothing to remove)/m

/** A moment at which the power may be cut. */
export interface Boundary {
  readonly command: CommandName
  /** The last call before it. */
  readonly after: string
  readonly moment: Omit<Moment, 'killed'>
  readonly disk: Disk
}
/**
 * Does the commands one after another, and repeats every system call of theirs on a disk whose power may be cut.
 * @param visit called after every call that changed or synced something
 */
export async function play(project: string, names: readonly CommandName[], visit: (boundary: Boundary) => void): Promise<void> {
  const disk = new Disk()
  let before: Tree = new Map()
  let done: readonly string[] = []
  for (const command of names) {
    const log = path.join(path.dirname(project), `${command}.strace`)
    const { status, stderr } = await start('strace', [...straceWords(log), process.execPath, cliIn(project), ...commands[command]], {
      cwd: project,
      env: steady,
    }).ended
    if (status !== 0) throw new Error(`"${commands[command].join(' ')}" ends with ${status} under strace: ${stderr}`)
    const next = treeIn(project)
    const kept = runsIn(next)
    const cleaning = command === 'clean'
    if (cleaning) done = done.filter(id => kept.includes(id))
    let over = false
    repeat(readFileSync(log, 'utf8'), {
      root: project,
      cwd: project,
      disk,
      changed: after => visit({ command, after, disk, moment: { before: over ? next : before, next, done: over ? kept : done, cleaning } }),
      told: text => {
        if (!told.test(text)) return
        over = true
        visit({ command, after: 'told', disk, moment: { before: next, next, done: kept, cleaning } })
      },
    })
    if (!over) throw new Error(`"${commands[command].join(' ')}" did not tell that it was done`)
    const wrong = differences(disk.after(killed), next)
    if (wrong.length > 0) throw new Error(`The disk that repeats "${commands[command].join(' ')}" differs: ${wrong.join(', ')}`)
    before = next
    done = kept
    rmSync(log)
  }
}
export const cliIn = (project: string): string => path.join(project, 'node_modules/trireme-bio/dist/cli.js')
export const runsIn = (tree: Tree) => [...tree.keys()].flatMap(place => /^\.trireme\/runs\/([^/]+)$/.exec(place)?.[1] ?? [])
/** What lies in the store and among the results. */
export function treeIn(project: string): Tree {
  const tree = new Map<string, Leaf>()
  const walk = (place: string) => {
    const at = path.join(project, place)
    const found = lstatSync(at, { throwIfNoEntry: false })
    if (!found) return
    tree.set(place, found.isDirectory() ? 'folder' : found.isSymbolicLink() ? { link: readlinkSync(at) } : readFileSync(at))
    if (found.isDirectory()) for (const name of readdirSync(at)) walk(`${place}/${name}`)
  }
  for (const place of ['.trireme', 'results']) walk(place)
  return tree
}
/** Puts a tree on the disk. */
export function putDown(tree: Tree, folder: string): void {
  for (const [place, leaf] of tree) {
    const at = path.join(folder, place)
    if (leaf === 'folder') mkdirSync(at, { recursive: true })
    else if (Buffer.isBuffer(leaf)) writeFileSync(at, leaf)
    else symlinkSync(leaf.link, at)
  }
}
function differences(mine: Tree, real: Tree): readonly string[] {
  const text = (leaf: Leaf | undefined) =>
    Buffer.isBuffer(leaf) ? leaf.toString('latin1') : typeof leaf === 'object' ? 'link' : (leaf ?? 'nothing')
  return [...new Set([...mine.keys(), ...real.keys()])].filter(place => text(mine.get(place)) !== text(real.get(place))).slice(0, 5)
}
/** What a cut at a boundary would break, each told with when and how. */
export const faultsAt = ({ command, after, moment, disk }: Boundary, cut: Cut): readonly string[] =>
  broken(disk.after(cut), { ...moment, killed: cut === killed }).map(fault => `${command}, after ${after}, ${cut.name}: ${fault}`)
/** Gives a command to the package of a project. */
export function give(project: string, words: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cliIn(project), ...words], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, TRIREME_STORE: '' },
    timeout: 60_000,
  })
  return { status, text: `${stdout}${stderr}` }
}
