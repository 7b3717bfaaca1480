import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { traceable } from '../injections.ts'
import { pause, type Setting, start, type Told } from '../setting.ts'
import type { Tree } from './disk.ts'
import { broken } from './promises.ts'
import { type CommandName, cliIn, commands, give, type Mutant, packageWith, projectIn, runsIn, steady, treeIn } from './scene.ts'

const name = 'The power cut after every fsync, on ext4'
function system(program: string, ...words: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000 })
  return status === 0 ? undefined : `${program} ${words[0]}: ${error?.message ?? stderr.trim()}`
}
/** Acts on a file system in a file, mounted at a place, and lets it go. @returns the reason where it cannot be mounted */
async function mounted(image: string, place: string, act: () => Promise<void> | void): Promise<string | undefined> {
  mkdirSync(place, { recursive: true })
  const refused = system('mount', '-o', 'loop', image, place)
  if (refused !== undefined) return refused
  try {
    await act()
  } finally {
    for (let n = 0; n < 20 && system('umount', place) !== undefined; n++) await pause(250) // what a run left may take a moment to end
  }
  return undefined
}
/** Whether every thread of a process stands still: strace stops it after each fsync. */
function stands(pid: string): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.every(each => /\) [tT] /.test(readFileSync(`/proc/${pid}/task/${each}/stat`, 'utf8')))
  } catch {
    return false
  }
}
const childOf = (pid: number | undefined): string => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0] ?? ''
  } catch {
    return ''
  }
}
/** Gives a command that is stopped after each of its fsyncs, and calls `act` whenever it stands. */
async function stopping(project: string, words: readonly string[], act: () => Promise<void>): Promise<void> {
  const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:signal=SIGSTOP']
  const { child, ended } = start('strace', [...inject, process.execPath, cliIn(project), ...words], {
    cwd: project,
    env: steady,
    patience: 900_000,
  })
  const signal = (pid: string, name: NodeJS.Signals) => {
    try {
      process.kill(Number(pid), name)
    } catch {
      // It has ended.
    }
  }
  const over = ended.then(() => true)
  try {
    while (!(await Promise.race([over, pause(5).then(() => false)]))) {
      const pid = childOf(child.pid)
      if (pid === '' || !stands(pid)) continue
      await act()
      signal(pid, 'SIGCONT')
    }
  } catch (error) {
    for (const pid of [childOf(child.pid), String(child.pid)]) if (pid !== '') signal(pid, 'SIGKILL')
    throw error
  }
  const { status, stderr } = await ended
  if (status !== 0) throw new Error(`"${words.join(' ')}" ends with ${status}: ${stderr}`)
}
interface Ext4Options {
  readonly mutants?: readonly Mutant[]
  readonly names?: readonly CommandName[]
  /** In every nth copy a person goes on. */
  readonly every?: number
}
/**
 * Does the commands in a real file system, which is in a file: after every fsync the program is stopped and that file copied, as a disk whose power is
 * cut holds it. Each copy is mounted and looked at; in some a person goes on.
 */
export async function onExt4(
  { folder }: Pick<Setting, 'folder'>,
  log: (line: string) => void,
  { mutants = [], names = Object.keys(commands) as CommandName[], every = 10 }: Ext4Options = {},
): Promise<Told> {
  const none = (skipped: string): Told => ({ name, counts: {}, faults: [], skipped })
  const untraceable = traceable()
  if (untraceable !== undefined) return none(untraceable)
  if (process.getuid?.() !== 0) return none('only root may mount')
  const [image, place, at] = ['disk.img', 'disk', 'cut'].map(each => path.join(folder, each)) as [string, string, string]
  mkdirSync(folder, { recursive: true })
  const refused = system('truncate', '-s', '16M', image) ?? system('mkfs.ext4', '-q', '-F', '-E', 'nodiscard,lazy_itable_init=0', image)
  if (refused !== undefined) return none(refused)
  const own = packageWith(folder, mutants)
  const counts = { copies: 0, 'commands given to them': 0 }
  const all: string[] = []
  /** Mounts what the disk holds at this moment. */
  const cut = async (when: string): Promise<Tree> => {
    const copy = path.join(folder, `cut-${counts.copies}.img`) // a name of its own: a loop device that is not gone yet would be used again, with what it holds in memory
    // The program stands, but the system may be writing: a copy that is made meanwhile is no disk that ever was.
    do system('cp', '--sparse=always', image, copy)
    while (system('cmp', image, copy) !== undefined)
    let tree: Tree = new Map()
    const fault = await mounted(copy, at, () => {
      tree = treeIn(path.join(at, 'project'))
      if (++counts.copies % every !== 0) return
      endOwners(path.join(at, 'project'))
      for (const [words, wanted] of afterwards) {
        const { status, text } = give(path.join(at, 'project'), words)
        counts['commands given to them']++
        if (status !== 0 || !wanted.test(text)) all.push(`${when}: "${words.join(' ')}" ends with ${status}: ${text.slice(0, 800)}`)
      }
    })
    rmSync(copy)
    if (fault !== undefined) all.push(`${when}: the disk cannot be mounted: ${fault}`)
    return tree
  }
  const skipped = await mounted(image, place, async () => {
    const project = projectIn(place, own)
    system('sync', '-f', project)
    let before: Tree = new Map()
    let done: readonly string[] = []
    for (const command of names) {
      const left: Tree[] = []
      await stopping(project, commands[command], async () => void left.push(await cut(`${command}, copy ${left.length + 1}`)))
      const last = await cut(`${command}, ended`)
      const next = treeIn(project)
      const kept = runsIn(next)
      const cleaning = command === 'clean'
      if (cleaning) done = done.filter(id => kept.includes(id))
      for (const [n, tree] of left.entries())
        for (const fault of broken(tree, { before, next, done, cleaning, killed: false })) all.push(`${command}, copy ${n + 1}: ${fault}`)
      for (const fault of broken(last, { before: next, next, done: kept, cleaning, killed: false })) all.push(`${command}, ended: ${fault}`)
      before = next
      done = kept
      log(`ext4, ${command}: ${left.length + 1} copies`)
    }
  })
  return skipped === undefined ? { name, counts, faults: all } : none(skipped)
}
/** The program only stands, and must count as dead: as if its number were another process's. After a true start of the machine that takes a minute or two. */
function endOwners(project: string): void {
  for (const [place, leaf] of treeIn(project)) {
    const link = typeof leaf === 'object' && 'link' in leaf ? leaf.link : ''
    if (!link.includes('"started":')) continue
    unlinkSync(path.join(project, place))
    symlinkSync(link.replace(/"started":\d+/, '"started":1'), path.join(project, place))
  }
}
const afterwards = [
  [commands.again, /^Done in/m],
  [commands.publish, /nothing had to run/],
  [commands.clean, /./],
] as const
