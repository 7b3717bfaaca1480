import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { full } from './dag.ts'
import { faults, look, orphans, pause, type Run, type Setting, type Started, start, startVictim, undisturbed } from './setting.ts'

/** A workflow engine that runs the same ten steps, and how to see what it did. */
export interface Engine {
  readonly name: string
  /** Milliseconds of an undisturbed run. */
  duration(): Promise<number>
  /** An empty folder to run in. */
  fresh(): string
  start(folder: string): Started
  /** Processes of the run that may have lost their parents. */
  own(folder: string): ReadonlySet<number>
  isStep(pid: number, group: number, runner: number): boolean
  /** Finished steps by name, with a mark that changes when one is made again. */
  finished(folder: string): ReadonlyMap<string, string>
  madeAgain(folder: string, before: ReadonlyMap<string, string>): readonly string[]
  half(folder: string): readonly string[]
  /** Runs to the end, doing what a person would have to do. @returns what that was, and what is wrong in the end */
  finish(folder: string): Promise<{ readonly manual: readonly string[]; readonly fault: string | undefined }>
}
const numbered = (folder: string) => {
  let n = 0
  return () => {
    const place = path.join(folder, `round-${++n}`)
    mkdirSync(place, { recursive: true })
    chmodSync(place, 0o777) // the victim may be another user
    return place
  }
}
export async function trireme(setting: Setting): Promise<Engine> {
  const wanted = await undisturbed(setting, 'full')
  let n = 0
  let latest: Run = { store: '', run: '', dag: 'full' }
  const begin = (folder: string) => {
    latest = { store: path.join(folder, 'store'), run: `run${++n}`, dag: 'full' }
    return startVictim(setting, latest)
  }
  const finished = (folder: string) => look(path.join(folder, 'store')).whole
  const fresh = numbered(path.join(setting.folder, 'trireme'))
  return {
    name: 'Trireme',
    duration: async () => (await begin(fresh()).ended).milliseconds,
    fresh,
    start: begin,
    own: folder => new Set(orphans(path.join(folder, 'store')).map(Number)),
    isStep: (_, group, runner) => group !== runner && group !== groupOf(process.pid),
    finished,
    madeAgain: (_, before) =>
      faults(latest, { whole: before, contents: new Map(), half: [] }, undefined).filter(each => /^finished/.test(each)),
    half: folder => look(path.join(folder, 'store')).half,
    finish: async folder => {
      const { status, signal, stderr } = await begin(folder).ended
      if (status !== 0) return { manual: ['a second go'], fault: `ended with ${status ?? signal}: ${stderr}` }
      const [fault] = faults(latest, { whole: new Map(), contents: new Map(), half: [] }, wanted)
      return { manual: [], fault }
    },
  }
}
const groupOf = (pid: number) =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[2],
  )

/** The same steps as Snakemake rules; it is asked for nothing but to go on where it stopped. */
export async function snakemake(setting: Setting, program: string): Promise<Engine> {
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim()
  const rules = full.map(({ name, from }) => {
    const inputs = from.length > 0 ? `    input: ${from.map(each => `"${each}.txt"`).join(', ')}\n` : ''
    const call = `sh ${name}.sh ${from.map(each => `${each}.txt`).join(' ')} > {output}`
    return `rule ${name}:\n${inputs}    output: "${name}.txt"\n    shell: "echo ${name} >> started.log; ${call}"\n`
  })
  const file = `rule all:\n    input: ${full.map(({ name }) => `"${name}.txt"`).join(', ')}\n${rules.join('')}`
  const place = numbered(path.join(setting.folder, 'snakemake'))
  const fresh = () => {
    const folder = place()
    writeFileSync(path.join(folder, 'Snakefile'), file)
    for (const { name, script } of full) writeFileSync(path.join(folder, `${name}.sh`), `${script}\n`)
    return folder
  }
  const go = (folder: string, ...words: string[]) =>
    start(program, ['--cores', '2', ...words], {
      cwd: folder,
      env: { ...process.env, XDG_CACHE_HOME: path.join(setting.folder, 'cache') },
    })
  const digest = (text: Buffer) => createHash('sha256').update(text).digest('hex')
  const contents = (folder: string) =>
    new Map(
      full.flatMap(({ name }) => {
        const made = path.join(folder, `${name}.txt`)
        return existsSync(made) ? [[name, digest(readFileSync(made))] as const] : []
      }),
    )
  const model = fresh()
  const { milliseconds, status, stderr } = await go(model).ended
  if (status !== 0) throw new Error(`snakemake fails undisturbed: ${stderr}`)
  const wanted = contents(model)
  /** What is whole and not marked as incomplete: what it has to show for. */
  const finished = (folder: string) => {
    const marks = path.join(folder, '.snakemake', 'incomplete')
    const incomplete = new Set((existsSync(marks) ? readdirSync(marks) : []).map(name => Buffer.from(name, 'base64').toString()))
    return new Map(
      [...contents(folder)].flatMap(([name, content]) =>
        content === wanted.get(name) && !incomplete.has(`${name}.txt`)
          ? [[name, String(statSync(path.join(folder, `${name}.txt`)).mtimeMs)] as const]
          : [],
      ),
    )
  }
  return {
    name: `Snakemake ${version}`,
    duration: async () => milliseconds,
    fresh,
    start: folder => go(folder),
    own: within,
    isStep: pid => !/snakemake/.test(commandOf(pid)),
    finished,
    madeAgain: (folder, before) => {
      const now = new Map(
        full.flatMap(({ name }) =>
          existsSync(path.join(folder, `${name}.txt`)) ? [[name, String(statSync(path.join(folder, `${name}.txt`)).mtimeMs)] as const] : [],
        ),
      )
      return [...before].flatMap(([name, mark]) => (now.get(name) === mark ? [] : [name]))
    },
    half: folder => [...contents(folder)].flatMap(([name, content]) => (content === wanted.get(name) ? [] : [`${name}.txt`])),
    finish: async folder => {
      const manual: string[] = []
      // Its steps may still run, and go on writing: a person would wait for them too.
      for (let n = 0; n < 100 && within(folder).size > 0; n++) await pause(50)
      const remedies: string[] = []
      for (let n = 0; n < 5; n++) {
        const { status, stderr } = await go(folder, ...remedies).ended
        if (status === 0) break
        if (/LockException|cannot be locked/.test(stderr)) {
          manual.push('--unlock')
          spawnSync(program, ['--unlock'], { cwd: folder, stdio: 'ignore' })
        } else if (/Incomplete/i.test(stderr)) {
          manual.push('--rerun-incomplete')
          remedies.push('--rerun-incomplete')
        } else manual.push('a second go')
      }
      const now = contents(folder)
      const wrong = full.filter(({ name }) => now.get(name) !== wanted.get(name)).map(({ name }) => name)
      rmSync(path.join(folder, '.snakemake'), { recursive: true, force: true })
      return { manual, fault: wrong.length > 0 ? `content differs: ${wrong.join(', ')}` : undefined }
    },
  }
}
const within = (folder: string): ReadonlySet<number> =>
  new Set(
    readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .filter(pid => cwdOf(pid) === folder),
  )
const cwdOf = (pid: number) => proc(() => readlinkSync(`/proc/${pid}/cwd`))
const commandOf = (pid: number) => proc(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
function proc(look: () => string): string {
  try {
    return look()
  } catch {
    return ''
  }
}
