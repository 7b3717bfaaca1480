import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageRoot } from '../../cli/project/package.ts'
import { engines } from '../../core/environment/engines.ts'
import { testImage } from '../engine.ts'
import type { Attack, Places } from './attacks.ts'

/** What lies around a run: a project, its store, its user's files, and what is nobody's business. */
export interface World extends Places {
  readonly folder: string
  readonly project: string
  readonly home: string
  /** Whom all of it belongs to, and who runs. */
  readonly user: number | undefined
  /** A word of every file that nobody may show or copy. */
  readonly canary: string
  /** Makes files removable that a step made unchangeable. */
  readonly unlock: () => void
  readonly remove: () => void
}
/** How a run ended. */
export interface Ran {
  /** Exit status; null where it did not end by itself. */
  readonly status: number | null
  readonly hung: boolean
  /** All that it said. */
  readonly said: string
  /** Content of the result "made", where it was published. */
  readonly made: string | undefined
  /** Folders of what it finished and published. */
  readonly kept: readonly string[]
  /** Whether the modes of files are settled there; those of a pod's files stay behind with the pod. @default true */
  readonly sealed?: boolean
}

const containerEnvironments = Object.fromEntries(
  engines.map(engine => [engine, { target: 'container', engine, images: { swap: { plain: testImage } } }]),
)
export function makeWorld(user: number | undefined): World {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'hostile-'))
  const at = (name: string) => path.join(folder, name)
  const canary = `canary-${randomBytes(12).toString('hex')}`
  const shared = '/dev/shm'
  const other = dev(shared) !== undefined && dev(shared) !== dev(folder) ? mkdtempSync(`${shared}/hostile-`) : undefined
  const write = (file: string, content: string, mode = 0o644) => {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, content)
    chmodSync(file, mode)
    utimesSync(file, 1.5e9, 1.5e9)
  }
  const treasure = (place: string) => {
    write(path.join(place, 'secret.txt'), `${canary}\n`, 0o600)
    write(path.join(place, 'made.txt'), `${canary}\n`, 0o600)
    write(path.join(place, 'read-only.txt'), `${canary}\n`, 0o444)
    write(path.join(place, 'private/inner.txt'), `${canary}\n`)
    write(path.join(place, 'open/deep/inner.txt'), `${canary}\n`)
    chmodSync(path.join(place, 'private'), 0o700)
    symlinkSync('read-only.txt', path.join(place, 'link'))
  }
  const places = { precious: at('precious'), elsewhere: other ?? at('elsewhere'), store: at('store'), input: at('data/input.txt') }
  treasure(places.precious)
  treasure(places.elsewhere)
  write(at('home/.profile'), `${canary}\n`, 0o600)
  write(places.input, 'the input\n', 0o640)
  const project = at('project')
  write(path.join(project, 'package.json'), '{ "name": "mine", "type": "module" }')
  write(path.join(project, 'pipelines/hostile.ts'), readFileSync(fileURLToPath(new URL('pipelines.ts', import.meta.url)), 'utf8'))
  write(path.join(project, 'trireme.config.json'), JSON.stringify({ environments: containerEnvironments }))
  mkdirSync(path.join(project, 'node_modules'))
  symlinkSync(packageRoot, path.join(project, 'node_modules/trireme-bio'))
  for (const name of ['tmp', 'store']) mkdirSync(at(name))
  if (user !== undefined) {
    chmodSync(os.tmpdir(), 0o711)
    execFileSync('chown', ['-hR', `${user}:${user}`, folder, places.elsewhere])
  }
  const unlock = () => void spawnSync('chattr', ['-R', '-f', '-i', places.store])
  const remove = () => {
    unlock()
    for (const each of [folder, places.elsewhere]) execFileSync('rm', ['-rf', each]) // deeper trees than Node can remove
  }
  return { folder, project, home: at('home'), user, canary, ...places, unlock, remove }
}
const dev = (place: string) => lstatSync(place, { throwIfNoEntry: false })?.dev

/** Every place of the world, with all that can be seen of it. */
export type Snapshot = ReadonlyMap<string, string>
/** The store keeps what it made for ever, but makes more: what is new there is looked at by its content. */
export function snapshot(world: World): Snapshot {
  const seen = new Map<string, string>()
  const see = (place: string) => {
    const at = lstatSync(place, { bigint: true })
    const inStore = place.startsWith(world.store)
    const what = at.isFile()
      ? digestOf(readFileSync(place))
      : at.isSymbolicLink()
        ? readlinkSync(place)
        : at.isDirectory()
          ? 'folder'
          : 'special'
    const grows = inStore && (at.isDirectory() || path.dirname(place) === world.store)
    const times = grows ? '' : ` size ${at.size} links ${at.nlink} written ${at.mtimeNs} changed ${at.ctimeNs}`
    const content = grows && at.isFile() && path.basename(place) !== 'format' ? 'file' : what
    seen.set(place, `mode ${at.mode.toString(8)} of ${at.uid}${times} ${content}`)
    if (at.isDirectory()) for (const name of readdirSync(place)) if (!own.has(path.join(place, name))) see(path.join(place, name))
  }
  const own = new Set([path.join(world.store, 'work'), path.join(world.home, '.cache')])
  for (const place of [world.precious, world.elsewhere, world.home, world.project, world.store, path.dirname(world.input)]) see(place)
  return seen
}
/** What a run changed that was not its own. */
function changes(world: World, attack: Attack, before: Snapshot, enclosed: boolean): readonly string[] {
  const after = snapshot(world)
  const spoilt = { 'the input': [path.dirname(world.input), world.precious], 'the store': [world.store] }
  const free = attack.spoils !== undefined && !enclosed ? spoilt[attack.spoils] : []
  const theirs = (place: string) => !free.some(each => place.startsWith(each))
  const told = (place: string) => place.replace(world.folder, '')
  return [
    ...[...before].flatMap(([place, was]) => {
      const is = after.get(place)
      if (is === was || !theirs(place)) return []
      return [is === undefined ? `gone: ${told(place)}` : `changed: ${told(place)}: ${was} -> ${is}`]
    }),
    ...[...after.keys()].flatMap(place =>
      before.has(place) || place.startsWith(world.store) || !theirs(place) ? [] : [`new: ${told(place)}`],
    ),
  ]
}
/** Whether the run ended as the attack says, and what it said is fit for people. */
function ending({ ends }: Attack, { status, hung, said, made }: Ran): readonly string[] {
  if (hung) return ['it hung']
  const faults: string[] = []
  const right = made !== undefined && /^made\n((made|more)\n)*$/.test(made)
  if (status === 0 && !right) faults.push(`it ended well, and the result is ${JSON.stringify(made?.slice(0, 200))}`)
  if (/Internal error|cannot be used: |^\s+at .+:\d+:\d+/m.test(said)) faults.push(`an error that is none of the step's: ${said}`)
  if (ends === 'well' && status !== 0) faults.push(`it should end well, and ended with ${status}: ${said}`)
  if (ends === 'held' && status === 0) faults.push('it should not end by itself')
  if (ends instanceof RegExp && status === 0) faults.push('it should fail, and ended well')
  if (ends instanceof RegExp && status !== 0 && !ends.test(said)) faults.push(`the message does not say ${ends}: ${said}`)
  if (ends === 'clearly' && status !== 0 && !/[Ss]tep (attacker|retried|printer|lister|reader|second|all|plain|two)\b/.test(said))
    faults.push(`the message names no step, status ${status}: ${said}`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be shown
  if (/[\x00-\x08\x0b-\x1f\x7f]/.test(said)) faults.push(`it sends control characters to the terminal: ${JSON.stringify(said)}`)
  return faults
}
/** Files that are not what the record beside them says. */
function untrue(record: string): readonly string[] {
  const { outputs }: { outputs: Readonly<Record<string, readonly { name: string; file?: string; size: number; sha256: string }[]>> } =
    JSON.parse(readFileSync(record, 'utf8'))
  return Object.values(outputs)
    .flat()
    .flatMap(({ name, file = name, size, sha256 }) => {
      const place = path.join(path.dirname(record), file)
      const content = lstatSync(place, { throwIfNoEntry: false })?.isFile() ? readFileSync(place) : undefined
      return content?.length === size && digestOf(content) === sha256 ? [] : [`not what its record says: ${place}`]
    })
}
const digestOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
/** Whatever is kept must be plain files that nobody can change, and nobody's secrets. */
function keeping(world: World, { kept, said, sealed = true }: Ran): readonly string[] {
  const faults: string[] = []
  const see = (place: string) => {
    const at = lstatSync(place)
    if (at.isDirectory()) {
      for (const name of readdirSync(place)) see(path.join(place, name))
      return
    }
    if (!at.isFile()) faults.push(`no plain file is kept: ${place}`)
    if (at.nlink > 1) faults.push(`a file that has another name is kept: ${place}`)
    if (sealed && (at.mode & 0o7133) !== 0) faults.push(`a file of mode ${at.mode.toString(8)} is kept: ${place}`)
    if (path.basename(place) === 'record.json' && at.isFile()) faults.push(...untrue(place))
  }
  const there = kept.filter(each => lstatSync(each, { throwIfNoEntry: false }))
  there.forEach(see)
  const found =
    there.length === 0 ? '' : spawnSync('grep', ['-rlF', '-D', 'skip', '--', world.canary, ...there], { encoding: 'utf8' }).stdout
  for (const file of found.split('\n')) if (file !== '') faults.push(`a secret is kept: ${file}`)
  if (said.includes(world.canary)) faults.push(`a secret is shown: ${said}`)
  return faults
}
/** What is left of a run on this machine: processes, mounts. */
function leftovers(world: World): readonly string[] {
  const read = (file: string, by = (place: string) => readFileSync(place, 'utf8')) => {
    try {
      return by(file)
    } catch {
      return '' // it has ended
    }
  }
  const processes = readdirSync('/proc').filter(id => /^\d+$/.test(id))
  const told = processes.flatMap(id => {
    const [words, variables, at] = [
      read(`/proc/${id}/cmdline`),
      read(`/proc/${id}/environ`),
      read(`/proc/${id}/cwd`, place => readlinkSync(place)),
    ]
    return `${words} ${variables} ${at}`.includes(world.folder)
      ? [{ id: Number(id), words: words.replaceAll('\0', ' ').slice(0, 200) }]
      : []
  })
  for (const { id } of told)
    try {
      process.kill(id, 'SIGKILL')
    } catch {} // it has ended
  const mounts = read('/proc/self/mountinfo').includes(world.folder) ? ['a mount is left'] : []
  return [...told.map(({ id, words }) => `process ${id} is left: ${words}`), ...mounts]
}
/** All that is wrong after an attack, in words. */
export const judged = (world: World, attack: Attack, before: Snapshot, ran: Ran, enclosed: boolean): readonly string[] => [
  ...ending(attack, ran),
  ...changes(world, attack, before, enclosed),
  ...(attack.spoils === 'the store' && !enclosed ? [] : keeping(world, ran)),
  ...leftovers(world),
]
