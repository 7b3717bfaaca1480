import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Tool } from '../vocabulary/tool.ts'
import { stepEnvironment } from './step-environment.ts'

/** What a program wrote when it was asked for its version. */
export interface ToldVersion {
  readonly version: string | undefined
  /** Its last line, to be quoted where no version is in it. */
  readonly said: string
  /** What it lacks, in its own words, where the tool says how to find them. */
  readonly lacks?: string | undefined
}
/** What a text that a program wrote says of its version. */
export function toldIn(text: string, { match, unfit }: Tool['version']): ToldVersion {
  const version = match.exec(text)?.[1]
  return {
    version,
    said: text.trim().split('\n').at(-1)?.trim().slice(0, 200) ?? '',
    ...(version === undefined && { lacks: unfit?.exec(text)?.[1] }),
  }
}
/** Where tools are asked: as a step is run, with an empty HOME, in the store's folder or the nearest that is there, as pyenv and asdf look upwards from it. */
export class VersionAsker {
  readonly home = mkdtempSync(path.join(os.tmpdir(), 'trireme-asks-'))
  readonly folder: string
  constructor(near: string = process.cwd()) {
    let folder = path.resolve(near)
    while (!existsSync(folder)) folder = path.dirname(folder)
    this.folder = folder
  }
  /** Runs the version command; status and stream do not matter, since tools differ (bwa: stderr, status 1). */
  async version(place: string, { version }: Tool, environment: NodeJS.ProcessEnv = stepEnvironment(this.home)): Promise<ToldVersion> {
    const [, ...words] = version.argv
    // Python's -c looks for modules in the folder it runs in; a step's script does not.
    const text = await this.output(place, words, { ...environment, ...(words[0] === '-c' && { PYTHONSAFEPATH: '1' }) })
    return toldIn(text, version)
  }
  /** Both streams of a program, one after the other. */
  output(place: string, words: readonly string[], env: NodeJS.ProcessEnv = stepEnvironment(this.home)): Promise<string> {
    return new Promise(done => {
      execFile(place, words, { timeout: 60_000, env, cwd: this.folder }, (error, stdout, stderr) => {
        const text = `${stdout}\n${stderr}`
        done(text.trim() === '' && error ? error.message : text)
      })
    })
  }
  end(): void {
    rmSync(this.home, { recursive: true, force: true })
  }
}
