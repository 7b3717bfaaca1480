import { closeSync, mkdirSync, openSync, renameSync } from 'node:fs'
import path from 'node:path'
import type { StepShape } from '../graph/node.ts'
import { outputBase } from '../graph/step-words.ts'
import { Held, removeTree } from '../left-behind.ts'

/** The step's standard error, beside its outputs. */
export const logName = 'stderr.log'
/** The log of a step that wrote no file of its own: it is kept with the outputs of the last step of its chain, under its position in the chain. */
export const linkedLog = (place: number): string => `stderr.${place}.log`

/**
 * Where a step's outputs come to be, `out/` in its folder, and where the runner gathers what is published: a folder beside it, which no step is
 * shown. Both are held from before the step starts. The log lies in the second from the beginning, and is known by its descriptor alone.
 */
export class OutputFolders {
  readonly out: Held
  /** Folders of the lists that the step writes, by output. */
  readonly lists: ReadonlyMap<string, Held>
  readonly entry: Held
  /** Descriptor, for reading and appending. */
  readonly log: number
  readonly entryPath: string
  readonly logPath: string
  /** @param folder the step's own, in which there is no `out/` yet */
  constructor(folder: string, step: StepShape) {
    const made = (place: string) => {
      mkdirSync(place)
      return new Held(place)
    }
    this.out = made(path.join(folder, 'out'))
    const lists = Object.entries(step.outputs).flatMap(([port, kind]) => ('many' in kind ? [port] : []))
    this.lists = new Map(lists.map(port => [port, made(path.join(folder, outputBase(port)))]))
    this.entryPath = `${folder}.entry`
    this.entry = made(this.entryPath)
    this.logPath = path.join(this.entryPath, logName)
    this.log = openSync(this.logPath, 'ax+')
  }
  /** Moves the log to where people find it. */
  moveLog(to: string): void {
    renameSync(`${this.entry.place}/${logName}`, to)
  }
  /** Lets go of all, and removes what was not published. */
  end(): void {
    if (this.entry.isAt(this.entryPath)) removeTree(this.entryPath)
    closeSync(this.log)
    for (const held of [this.out, this.entry, ...this.lists.values()]) held.close()
  }
}
