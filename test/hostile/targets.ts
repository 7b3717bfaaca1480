import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Engine, engines } from '../../core/environment/engines.ts'
import { containersHere } from '../engine.ts'
import { cli } from '../project.ts'
import { pause } from '../torture/setting.ts'
import { type Attack, preface } from './attacks.ts'
import type { Ran, World } from './judge.ts'

/** One place where attacks run. */
export interface Target {
  readonly name: string
  /** Why nothing can be run there, in words; undefined where it can. */
  readonly unavailable: string | undefined
  /** Whom the runner belongs to; undefined for whoever runs the tests. */
  readonly user?: number
  /** Whether a step sees no file of this machine but its own. */
  readonly enclosed: boolean
  readonly run: (world: World, attack: Pick<Attack, 'script' | 'way' | 'ends' | 'large'>) => Promise<Ran>
  /** What is left there of a world's runs, in words. */
  readonly left?: (world: World) => readonly string[]
  /** Frees the store: without `all`, of what nobody needs. */
  readonly clean?: (world: World, all: boolean) => Promise<Ran>
}
/** Seconds after which a run hangs. */
export const patience = ({ large }: Pick<Attack, 'large'>): number => (large ? 500 : 120)
/** Milliseconds until the user loses patience with what goes on. */
export const held = 2500
interface Words {
  readonly world: World
  readonly words: readonly string[]
  readonly seconds: number
  readonly interrupt?: boolean
}
/** The command line, as users have it. */
async function trireme({ world, words, seconds, interrupt = false }: Words): Promise<Pick<Ran, 'status' | 'hung' | 'said'>> {
  const command = [process.execPath, cli, ...words]
  const [program = '', ...rest] =
    world.user === undefined ? command : ['setpriv', `--reuid=${world.user}`, `--regid=${world.user}`, '--clear-groups', ...command]
  const env = { PATH: process.env.PATH, HOME: world.home, TMPDIR: path.join(world.folder, 'tmp'), NO_COLOR: '1' }
  const child = spawn(program, rest, { cwd: world.project, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  let hung = false
  const timers = [
    setTimeout(() => {
      hung = true
      process.kill(-child.pid!, 'SIGKILL')
    }, seconds * 1000),
    ...(interrupt ? [setTimeout(() => child.kill('SIGINT'), held)] : []),
  ]
  const closed = new Promise<void>(done => child.on('close', () => done()))
  const status = await new Promise<number | null>(done => child.on('exit', code => done(code)))
  await Promise.race([closed, pause(500)]) // a stray may hold it open
  for (const timer of timers) clearTimeout(timer)
  return { status, hung, said }
}
let runs = 0
const byCommandLine = (environment: readonly string[]): Pick<Target, 'run' | 'clean'> => ({
  run: async (world, attack) => {
    const { script, way = 'single', ends } = attack
    const n = ++runs
    const file = path.join(world.folder, `attack-${n}.txt`)
    const out = path.join(world.folder, `results-${n}`)
    writeFileSync(file, preface(world) + script)
    const words = ['run', way, '--attack', file, '--from', world.input, '--store', world.store, '--out', out, ...environment]
    const ended = await trireme({ world, words, seconds: patience(attack), interrupt: ends === 'held' })
    const made = path.join(out, 'made.txt')
    return {
      ...ended,
      made: existsSync(made) ? readFileSync(made, 'utf8') : undefined,
      kept: [out, path.join(world.store, 'entries'), path.join(world.store, 'runs')],
    }
  },
  clean: async (world, all) => ({
    ...(await trireme({
      world,
      seconds: patience({ large: true }),
      words: ['clean', '--store', world.store, ...(all ? ['--keep-last', '0'] : [])],
    })),
    made: undefined,
    kept: [],
  }),
})
/** An ordinary user. */
export const nobody = 65534
const mayBe = () =>
  spawnSync('setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', process.execPath, cli, '--version']).status === 0
const user: Target = {
  name: 'local, as an ordinary user',
  unavailable: process.getuid?.() !== 0 ? 'these tests run as one' : mayBe() ? undefined : 'nobody may not read this checkout',
  user: nobody,
  enclosed: false,
  ...byCommandLine([]),
}
const local: Target = { name: 'local', unavailable: undefined, enclosed: false, ...byCommandLine([]) }

const containers = async (engine: Engine): Promise<Target> => {
  const here = await containersHere({ ...process.env, TRIREME_TEST_ENGINE: engine })
  return {
    name: engine,
    unavailable: typeof here === 'string' ? here : undefined,
    enclosed: true,
    ...byCommandLine(['--on', engine]),
    left: world => {
      if (engine === 'apptainer') return [] // its containers are processes of ours
      const names = spawnSync(engine, ['ps', '--all', '--format', '{{.Names}}'], { encoding: 'utf8' }).stdout.split('\n')
      const ids = readdirSync(path.join(world.store, 'runs'))
      return names.filter(name => ids.some(id => name.startsWith(`trireme-${id}`))).map(name => `container ${name} is left`)
    },
  }
}
export const targets: readonly Target[] = [local, user, ...(await Promise.all(engines.map(containers)))]
