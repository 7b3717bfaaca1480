import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { traceable } from '../injections.ts'
import { random, type Setting, type Told } from '../setting.ts'
import { emptied, killed, least, lines, mixed, type Tree, zeroed } from './disk.ts'
import { type Boundary, type CommandName, commands, faultsAt, give, type Mutant, packageWith, play, projectIn, putDown } from './scene.ts'

const name = 'The power cut at every system call that changes something'
/** Every way to cut at a boundary, two of them by chance. */
const cutsWith = (chance: () => number) => [killed, emptied, zeroed, lines, least, mixed(chance), mixed(chance)]

/** A disk as a cut leaves it, and what was told "Done" until then. */
interface Left {
  readonly tree: Tree
  readonly told: CommandName | undefined
  readonly when: string
}
/**
 * Does every command with the power cut at every system call that changes the disk, in every way; and with some of the disks that are left,
 * chosen by chance, what a person would do: the same command again.
 * @param most disks with which commands are given again
 */
export async function powerCuts(
  { folder }: Pick<Setting, 'folder'>,
  most: number,
  seed: number,
  log: (line: string) => void,
): Promise<Told> {
  const skipped = traceable()
  if (skipped !== undefined) return { name, counts: {}, faults: [], skipped }
  const own = packageWith(folder)
  const chance = random(seed)
  const counts = { boundaries: 0, cuts: 0, 'disks left, all different': 0, 'commands given to such disks': 0 }
  const all = new Set<string>()
  const left = new Map<string, Left>()
  let last: CommandName | undefined
  await play(projectIn(folder, own), Object.keys(commands) as CommandName[], boundary => {
    counts.boundaries++
    if (boundary.after === 'told') last = boundary.command
    for (const cut of cutsWith(chance)) {
      counts.cuts++
      for (const fault of faultsAt(boundary, cut)) all.add(fault)
      const tree = boundary.disk.after(cut)
      const mark = markOf(tree)
      if (!left.has(mark) || boundary.after === 'told')
        left.set(mark, { tree, told: last, when: `${boundary.command}, after ${boundary.after}, ${cut.name}` })
    }
  })
  counts['disks left, all different'] = left.size
  log(`the power cut: ${counts.cuts} cuts at ${counts.boundaries} boundaries, ${left.size} different disks`)
  for (const each of chosen([...left.values()], most, chance)) {
    for (const fault of goOn(each, folder, own, () => counts['commands given to such disks']++)) all.add(`${each.when}: ${fault}`)
  }
  return { name, counts, faults: [...all] }
}
function markOf(tree: Tree): string {
  const hash = createHash('sha256')
  for (const place of [...tree.keys()].sort()) {
    const leaf = tree.get(place)!
    hash.update(`${place}\0`).update(Buffer.isBuffer(leaf) ? leaf : JSON.stringify(leaf))
  }
  return hash.digest('hex')
}
/** The disks at which a command had just told that it was done, and others by chance. */
function chosen(all: readonly Left[], most: number, chance: () => number): readonly Left[] {
  const sorted = all.map(each => [each.when.includes('after told') ? -chance() : chance(), each] as const).sort(([a], [b]) => a - b)
  const told = Math.min(Math.ceil(most / 3), sorted.filter(([rank]) => rank < 0).length)
  return [...sorted.slice(0, told), ...sorted.filter(([rank]) => rank >= 0).slice(0, most - told)].map(([, each]) => each)
}
/** What a person does after a power cut. @returns what goes wrong */
function goOn({ tree, told }: Left, folder: string, own: string, given: () => number): readonly string[] {
  const place = mkdtempSync(path.join(folder, 'cut-'))
  const project = projectIn(place, own)
  putDown(tree, project)
  const faults: string[] = []
  const say = (words: readonly string[], wanted: RegExp) => {
    const { status, text } = give(project, words)
    given()
    if (status !== 0 || !wanted.test(text)) faults.push(`"${words.join(' ')}" ends with ${status}: ${text.slice(0, 800)}`)
  }
  if (told !== undefined && told !== 'clean') say(commands[told], /nothing had to run/)
  say(commands.again, /^Done in/m)
  say(commands.publish, /nothing had to run/)
  say(['runs'], /succeeded/)
  say(['clean'], /./)
  rmSync(place, { recursive: true })
  return faults
}
/** The first fault that a changed package has; undefined where it has none. */
export async function firstFault(folder: string, mutant: Mutant, names: readonly CommandName[]): Promise<string | undefined> {
  const place = path.join(folder, mutant.name.replaceAll(' ', '-'))
  mkdirSync(place)
  const chance = random(7)
  let found: string | undefined
  const look = (boundary: Boundary) => {
    for (const cut of found === undefined ? cutsWith(chance) : []) found ??= faultsAt(boundary, cut)[0]
  }
  await play(projectIn(place, packageWith(place, [mutant])), names, look)
  return found
}
