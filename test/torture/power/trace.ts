import path from 'node:path'
import type { Disk } from './disk.ts'

/** System calls that change what is on the disk, or bring it there; some machines lack those marked with "?". */
const calls = [
  ...['?open', 'openat', '?creat', 'write', 'pwrite64', 'writev', 'copy_file_range', 'sendfile', 'ioctl', '?truncate', 'ftruncate'],
  ...['fsync', 'fdatasync', 'sync', 'syncfs', '?rename', 'renameat', 'renameat2', '?link', 'linkat', '?symlink', 'symlinkat'],
  ...['?unlink', 'unlinkat', '?rmdir', '?mkdir', 'mkdirat', '?mknod', 'mknodat', 'chdir', '?fork', '?vfork', 'clone', 'clone3'],
]
export const straceWords = (log: string): readonly string[] => [
  '-f',
  '-y',
  '-qq',
  '-xx',
  '-s',
  '9999999',
  '--seccomp-bpf',
  '-e',
  'signal=none',
  '-e',
  `trace=${calls.join(',')}`,
  '-o',
  log,
]

/** A call that ended well. Words are as strace prints them. */
interface Call {
  readonly pid: string
  readonly name: string
  readonly words: readonly string[]
  readonly result: string
}
/** The calls of a trace in the order in which they ended. */
function* callsIn(trace: string): Generator<Call> {
  const begun = new Map<string, string>()
  for (const line of trace.split('\n')) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length).trimEnd())
      continue
    }
    const [resumed] = /^<\.\.\. \w+ resumed>/.exec(rest) ?? []
    const whole = resumed === undefined ? rest : `${begun.get(pid) ?? ''}${rest.slice(resumed.length)}`
    const [, name, words = '', result = ''] = /^(\w+)\((.*)\) += (.*)$/.exec(whole) ?? []
    if (name !== undefined && !result.startsWith('-1') && !result.startsWith('?')) yield { pid, name, words: words.split(', '), result }
  }
}
const plain = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex')
/** The text between quotes. */
const bytesIn = (word: string): Buffer => plain(/^"(.*)"$/.exec(word)?.[1] ?? '')
/** The path that strace tells of a descriptor; undefined for what has none any more, a pipe or a socket. */
function pathOf(word: string): string | undefined {
  const [, text = ''] = /<([^>]*)>$/.exec(word) ?? []
  const told = text.startsWith('\\x') ? plain(text).toString() : text
  return told.startsWith('/') ? told : undefined
}
export interface Traced {
  /** Folder that the disk holds. */
  readonly root: string
  /** Where the traced program was started. */
  readonly cwd: string
  readonly disk: Disk
  /** After every call that changed or synced something, in words. */
  readonly changed: (what: string) => void
  /** What the program wrote to a pipe, or for nobody. */
  readonly told: (text: string) => void
}
/** Repeats on a disk what a traced program did. */
export function repeat(trace: string, { root, cwd, disk, changed, told }: Traced): void {
  const folders = new Map<string, string>()
  /** Threads share the descriptors of their process. */
  const processes = new Map<string, string>()
  const descriptors = new Map<string, string>()
  for (const { pid, name, words, result } of callsIn(trace)) {
    const own = folders.get(pid) ?? cwd
    const [first = '', second = '', third = '', fourth = ''] = words
    const below = (place: string | undefined) =>
      place === undefined || (place !== root && !place.startsWith(`${root}/`)) ? undefined : place.slice(root.length + 1)
    const process = processes.get(pid) ?? pid
    const opened = (place: string) =>
      place.replace(/^\/proc\/self\/fd\/(\d+)/, (all, descriptor: string) => descriptors.get(`${process} ${descriptor}`) ?? all)
    const named = (word: string, folder = own) => below(opened(path.resolve(folder, bytesIn(word).toString())))
    const at = (folder: string, word: string) => named(word, pathOf(folder) ?? own)
    const act = (what: string | undefined, go: (place: string) => void) => {
      if (what === undefined) return
      go(what)
      changed(`${name} ${what}`)
    }
    const both = (from: string | undefined, to: string | undefined, go: (from: string, to: string) => void) => {
      if (from === undefined && to === undefined) return
      if (from === undefined || to === undefined) throw new Error(`${name} leads out of ${root}`)
      go(from, to)
      changed(`${name} ${from} ${to}`)
    }
    const open = (place: string | undefined, flags: string) => {
      if (place === undefined || !/O_(WRONLY|RDWR)/.test(flags)) return
      disk.open(place, { cut: flags.includes('O_TRUNC'), append: flags.includes('O_APPEND') })
      changed(`${name} ${place}`)
    }
    if (name.startsWith('open')) descriptors.set(`${process} ${/^\d+/.exec(result)}`, pathOf(result) ?? '')
    if (name === 'open') open(named(first), second)
    else if (name === 'openat') open(below(pathOf(result)), third)
    else if (name === 'creat') open(named(first), 'O_WRONLY|O_TRUNC')
    else if (name === 'write') {
      const place = pathOf(first)
      if (place === undefined || place === '/dev/null') told(bytesIn(second).toString())
      act(below(place), file => disk.write(file, bytesIn(second)))
    } else if (name === 'pwrite64') act(below(pathOf(first)), file => disk.write(file, bytesIn(second), Number(fourth)))
    else if (name === 'writev')
      act(below(pathOf(first)), file => {
        for (const [, text = ''] of words.join(', ').matchAll(/iov_base="([^"]*)"/g)) disk.write(file, plain(text))
      })
    else if (name === 'copy_file_range' || name === 'sendfile') {
      const [from, to, offset] = name === 'sendfile' ? [second, first, third] : [first, third, second]
      const source = below(pathOf(from))
      if (source === undefined && below(pathOf(to)) !== undefined) throw new Error(`${name} copies from elsewhere: ${pathOf(from)}`)
      act(below(pathOf(to)), file => disk.copy(source!, file, Number(/\d+/.exec(offset)?.[0] ?? 0), Number(result)))
    } else if (name === 'ioctl') {
      if (/FICLONE/.test(second)) throw new Error('Shared blocks cannot be repeated: take a file system without them')
    } else if (name === 'ftruncate') act(below(pathOf(first)), file => disk.cut(file, Number(second)))
    else if (name === 'truncate') act(named(first), file => disk.cut(file, Number(second)))
    else if (name === 'fsync' || name === 'fdatasync') act(below(pathOf(first)), place => disk.sync(place))
    else if (name === 'sync' || name === 'syncfs') act('', () => disk.sync())
    else if (name === 'rename') both(named(first), named(second), (from, to) => disk.move(from, to))
    else if (name.startsWith('renameat')) both(at(first, second), at(third, fourth), (from, to) => disk.move(from, to))
    else if (name === 'link') both(named(first), named(second), (from, to) => disk.link(from, to))
    else if (name === 'linkat') both(at(first, second), at(third, fourth), (from, to) => disk.link(from, to))
    else if (name === 'symlink') act(named(second), place => disk.make(place, { link: bytesIn(first).toString() }))
    else if (name === 'symlinkat') act(at(second, third), place => disk.make(place, { link: bytesIn(first).toString() }))
    else if (name === 'unlink' || name === 'rmdir') act(named(first), place => disk.remove(place))
    else if (name === 'unlinkat') act(at(first, second), place => disk.remove(place))
    else if (name === 'mkdir') act(named(first), place => disk.make(place, 'folder'))
    else if (name === 'mkdirat') act(at(first, second), place => disk.make(place, 'folder'))
    else if (name === 'mknod') act(named(first), place => disk.make(place, { link: 'a pipe' }))
    else if (name === 'mknodat') act(at(first, second), place => disk.make(place, { link: 'a pipe' }))
    else if (name === 'chdir') folders.set(pid, path.resolve(own, bytesIn(first).toString()))
    else if (/^(clone3?|v?fork)$/.test(name)) {
      if (words.some(word => word.includes('CLONE_FILES'))) processes.set(result, process)
      if (!folders.has(result)) folders.set(result, own)
    }
  }
}
