import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { type Engine, engines } from '../../environment/engines.ts'
import { TriremeError } from '../../errors.ts'
import { type Caller, engineEnvironment, lookCommand, pullCommand } from './command.ts'

interface EngineAnswer {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}
/** Runs a short command of an engine. */
export const ask = ([program = '', ...words]: readonly string[], signal?: AbortSignal): Promise<EngineAnswer> =>
  new Promise(done => {
    const env = engineEnvironment(program === 'apptainer' ? program : 'podman', process.env)
    execFile(program, words, { maxBuffer: 1 << 24, env, ...(signal && { signal }) }, (fault, stdout, stderr) => {
      const status = fault === null ? 0 : typeof fault.code === 'number' ? fault.code : 127
      done({ status, stdout, stderr: stderr || (fault?.message ?? '') })
    })
  })
/**
 * The engine that is asked for, or the first of podman, docker and apptainer that is there.
 * @throws TriremeError `ENVIRONMENT` where there is none
 */
export function findEngine(wanted: Engine | undefined, search = process.env.PATH ?? ''): Engine {
  const there = (engine: Engine) => search.split(path.delimiter).some(folder => isProgram(path.join(folder, engine)))
  const found = wanted ? [wanted].find(there) : engines.find(there)
  if (found) return found
  throw new TriremeError(
    'ENVIRONMENT',
    wanted
      ? `The environment says engine: ${wanted}, and there is no ${wanted} on PATH. Install it, or leave the engine out: the first of ${alternatives} that is there is taken.`
      : `Steps cannot be run in containers: none of ${alternatives} is on PATH. Install one of them (apt-get install podman), or run without --on.`,
  )
}
const alternatives = `${engines.slice(0, -1).join(', ')} and ${engines.at(-1)}`
function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
/** The user that containers run as. */
export async function callerFor(engine: Engine): Promise<Caller> {
  const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  if (engine === 'podman') return { ...caller, rootless: caller.uid !== 0 }
  if (engine === 'apptainer') return caller
  const { stdout } = await ask(['docker', 'info', '--format', '{{.SecurityOptions}}'])
  return stdout.includes('name=rootless') ? { ...caller, rootless: true } : caller
}
/**
 * Makes sure that an image is on this machine, fetching it where it is not.
 * @throws TriremeError `ENVIRONMENT` when it cannot be had, with the engine's own words
 */
export async function readyImage(engine: Engine, image: string, signal?: AbortSignal): Promise<void> {
  const look = lookCommand(engine, image)
  const found = look && (await ask(look))
  if (found?.status === 0) return
  if (found && isUnreachable(found.stderr))
    throw new TriremeError(
      'ENVIRONMENT',
      `${engine} does not answer: ${lastLine(found.stderr)}. Start it, or say another engine in the environment: ${engines.filter(each => each !== engine).join(' or ')}.`,
    )
  const pulled = await ask(pullCommand(engine, image), signal)
  if (pulled.status === 0) return
  throw new TriremeError(
    'ENVIRONMENT',
    `The image ${image} is not on this machine, and ${engine} cannot fetch it: ${lastLine(pulled.stderr)}. Check its name and the login to its registry (${engine === 'apptainer' ? 'apptainer registry login' : `${engine} login`}), build it with "trireme images", or swap it in the environment: images: { swap: … }.`,
  )
}
const isUnreachable = (text: string) =>
  /cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect/i.test(text)
/** Engines print causes first and the essential line last. */
const lastLine = (text: string) =>
  text
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^(Error( response from daemon)?|FATAL): +/, '')
    .replace(/[.?]$/, '') ?? 'it says nothing'
