import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readlinkSync } from 'node:fs'
import type { Socket } from 'node:net'
import { endMarked, markName } from '../store/strays.ts'
import { type Child, type ChildEnd, killGroup, piped, type SpawnOptions } from './child.ts'
import { starter } from './perl-program.ts'
import type { Launch } from './pipe-script.ts'

/** Numbers of the system calls wait4, prctl, pidfd_open and close on 64-bit Linux. */
const calls = process.platform === 'linux' ? { x64: [61, 157, 434, 3], arm64: [260, 167, 434, 57] }[process.arch as string] : undefined
/** Perl is part of every Debian, Ubuntu and Fedora; the system's own is used, whatever comes first on PATH. */
export const perl = '/usr/bin/perl'

export const starterWords = ['-e', starter, '--', ...(calls ?? []).map(String)]
/** Whether this machine has what `started` needs. */
export const startersHere = calls !== undefined && existsSync(perl) && existsSync('/proc/self/fd')

/** The program that a starter is running. */
interface Task {
  pid: number | undefined
  /** A signal to send as soon as the process number is known. */
  signal: NodeJS.Signals | undefined
  readonly mark: string
  readonly begun: (pid?: number) => void
  readonly done: (end: ChildEnd) => void
}
/**
 * A small process that starts programs for the runner, one at a time. Node's fork copies the page tables of all its memory, 1.5 to 3 ms a step,
 * and Node does not report what a child used. A starter has 1 MB to copy, waits by `wait4`, and works on another core meanwhile.
 */
class Starter {
  readonly #process: ChildProcess
  readonly #input: Socket
  readonly #output: Socket
  #text = ''
  #task: Task | undefined
  constructor() {
    // A session of its own: a Ctrl-C at the terminal reaches the runner only.
    this.#process = spawn(perl, starterWords, {
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    this.#input = this.#process.stdin as Socket // pipes of a child are sockets
    this.#output = this.#process.stdout as Socket
    this.#input.on('error', () => {}) // the starter is gone, which "close" reports too
    this.#output.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    this.#process.on('error', ({ message }) => this.#lost({ ...unstarted, fault: `${perl} could not be started: ${message}` }))
    this.#process.on('close', () => this.#lost({ status: null, signal: 'SIGKILL', usage: undefined }))
    this.#input.unref()
    this.#keepRunning(false)
  }
  start({ program, words }: Launch, at: SpawnOptions): Child {
    const { folder, log, environment } = at
    const stdout = at.piped ? '' : (at.stdout ?? '')
    const variables = Object.entries(environment)
    const request = Buffer.from(
      [folder, ownDescriptor(log), stdout, variables.length, ...variables.flat(), ...piped([program, ...words], at)].join('\0'),
    )
    const length = Buffer.alloc(4)
    length.writeUInt32BE(request.length)
    this.#input.write(Buffer.concat([length, request]))
    this.#keepRunning(true)
    let task: Task | undefined
    let begin: Task['begun'] = () => {}
    const begun = new Promise<number | undefined>(known => {
      begin = known
    })
    const ended = new Promise<ChildEnd>(done => {
      task = this.#task = { pid: undefined, signal: undefined, mark: environment[markName]!, begun: begin, done }
    })
    const kill = (signal: NodeJS.Signals) => {
      if (task?.pid === undefined) task!.signal = signal
      else killGroup(task.pid, signal)
      this.#process.kill('SIGCONT') // its program may have stopped it, and it could not tell of the end
    }
    return { pid: () => task?.pid, begun, kill, ended }
  }
  /** Ends the starter and waits for it: only then does its use of CPU count in the runner's own figures. */
  end(): Promise<void> {
    this.#keepRunning(true)
    return new Promise(done => {
      this.#process.once('close', () => done())
      this.#input.end()
    })
  }
  /** Node goes on while a program runs, and so does it when the starter was killed, until that is known; an idle starter does not keep it. */
  #keepRunning(busy: boolean): void {
    for (const each of [this.#process, this.#output]) busy ? each.ref() : each.unref()
  }
  #read(text: string): void {
    const lines = `${this.#text}${text}`.split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) {
      const task = this.#task
      if (!task) continue
      if (line.startsWith('! ')) this.#end({ ...unstarted, fault: `no process could be made: ${line.slice(2)}` })
      else if (task.pid !== undefined) this.#end(endOf(line))
      else {
        task.pid = Number(line)
        task.begun(task.pid)
        if (task.signal) killGroup(task.pid, task.signal)
      }
    }
  }
  #end(end: ChildEnd): void {
    const task = this.#task
    this.#task = undefined
    this.#keepRunning(false)
    idle.push(this)
    task?.begun()
    task?.done(end)
  }
  /** The starter was killed: its program has no watcher any more, and is killed too, with all that bears its mark. */
  #lost(end: ChildEnd): void {
    if (idle.includes(this)) idle.splice(idle.indexOf(this), 1)
    if (this.#task?.pid !== undefined) {
      killGroup(this.#task.pid, 'SIGKILL')
      endMarked(this.#task.mark)
    }
    this.#task?.begun()
    this.#task?.done(end)
    this.#task = undefined
  }
}
const unstarted: ChildEnd = { status: 127, signal: null, usage: undefined }
/** A line of a starter as the end of a child. The status is the kernel's: a signal in its lower seven bits, an exit status above them. */
function endOf(line: string): ChildEnd {
  const [status = 0, user = 0, system = 0, kilobytes = 0, ...left] = line.split(' ').map(Number)
  const signal = status & 0x7f
  return {
    status: signal === 0 ? status >> 8 : null,
    signal: signal === 0 ? null : signal,
    usage: { user: user / 1e6, system: system / 1e6, peakMemory: kilobytes * 1024 },
    left,
  }
}
const idle: Starter[] = []
/** A descriptor of this process as a path for others: whatever has taken the file's own name, this is the file. */
const ownDescriptor = (descriptor: number) => `/proc/${readlinkSync('/proc/self')}/fd/${descriptor}`
/** Starts a program through a starter that is free. */
export function started(launch: Launch, at: SpawnOptions): Child {
  return (idle.pop() ?? new Starter()).start(launch, at)
}
/** Ends those that are idle, at the end of a run. */
export async function endStarters(): Promise<void> {
  await Promise.all(idle.splice(0).map(each => each.end()))
}
