import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Engine } from '../../environment/engines.ts'
import { TriremeError } from '../../errors.ts'
import { inputName, outputName, pipeName, resumeName } from '../../graph/step-words.ts'
import { oomSince } from '../../host/memory-sampler.ts'
import type { Ended } from '../../host/process.ts'
import { type JobMember, jobFile, type PodJob } from '../../inside/job.ts'
import { type MemberReport, readReport } from '../../inside/report.ts'
import { chainScript } from '../../inside/scripts.ts'
import { readEnd, removeTree } from '../../left-behind.ts'
import { type Attempt, type ChainRunner, pipeInto } from '../../run/attempt.ts'
import { bashWord } from '../../run/rerun.ts'
import { makeWorkFolder, type WorkFolder } from '../../run/work-folder.ts'
import { rung } from '../../vocabulary/quantity.ts'
import { rerunInContainer } from './again.ts'
import {
  type Caller,
  type Container,
  engineEnvironment,
  type Mount,
  programCommand,
  refusesLimits,
  removeCommand,
  runCommand,
} from './command.ts'
import { ask, readyImage } from './engine.ts'

export interface Containers {
  readonly engine: Engine
  readonly caller: Caller
  /** What steps with `needs.network` get. */
  readonly network: 'bridge' | 'host'
  /** Reference of the image that a step names. */
  readonly image: (name: string) => string
  /** Id of the run, for names and labels. */
  readonly run: string
}
/** A chain in one container, which sees its members' folders, its inputs one by one, and nothing else of this machine. */
export function containerRunner(at: Containers): ChainRunner {
  const mounts = new WeakMap<Attempt, Map<string, string>>()
  const images = new Map<string, Promise<void>>()
  let limited = true
  const ready = (image: string, signal: AbortSignal) => {
    const known = images.get(image) ?? readyImage(at.engine, image, signal)
    images.set(image, known)
    return known
  }
  return {
    prepare: (attempt, store, keys) => {
      const seen = new Map<string, string>() // path inside → path here
      mounts.set(attempt, seen)
      return attempt.members.map((member, n) => {
        const [before, after] = [attempt.links[n - 1], attempt.links[n]]
        const joints = {
          ...(before && { from: { slot: before.slot, pipe: inside(attempt, pipeInto(attempt, n)) } }),
          ...(after && { to: after }),
        }
        const see = (from: string, to: string) => {
          seen.set(to, from)
          return to
        }
        const view = {
          // 'in/bams/0001.bam' of the second member is /w/from/2/bams/0001.bam: names of our own, companions beside their file
          target: (from: string, to: string) =>
            see(from, `/w/from/${n + 1}/${path.relative(path.join(member.folder, 'in'), to).replace(/^\.\.\//, '')}`),
          asset: (slot: string, file: string) => see(file, `/w/assets/${n + 1}/${slot}${/(\.\w+)*$/.exec(path.basename(file))![0]}`),
        }
        return makeWorkFolder(member.folder, member.node, member.inputs, member, {
          joints,
          kept: store.resumeFolder(keys.of(member.node)),
          view,
        })
      })
    },
    again: (attempt, works) => {
      // Tokens in place of the links that the script makes: the words of the command hold no path of this machine.
      const links: string[] = []
      const by = (shell: string) => {
        links.push(shell)
        return `@${links.length}@`
      }
      const own = new Map(
        works.flatMap(({ folder, outputs }, n) => [
          [folder, `"\${again[${n}]}"`],
          [outputs.logPath, `"$mounts"/log${n}`],
        ]),
      )
      const place = (file: string) => own.get(file) ?? bashWord(path.resolve(file))
      const all = mountsOf(attempt, works, mounts.get(attempt)!, '').map(mount => ({
        ...mount,
        from: by(filesOfRun.some(name => mount.from === `/${name}`) ? `"$mounts"${mount.from}` : place(mount.from)),
      }))
      const image = at.image(attempt.members[0]!.node.step.image)
      const container = { ...containerFor(at, attempt, image, all), limited }
      return rerunInContainer(attempt, {
        command: runCommand(at.engine, container),
        links,
        job: jobFile(jobOf(attempt, works)),
        chain: chainScript(),
      })
    },
    run: async (attempt, works) => {
      const image = at.image(attempt.members[0]!.node.step.image)
      await ready(image, attempt.signal).catch((cause: unknown) => {
        if (!attempt.signal.aborted) throw cause
      })
      if (attempt.signal.aborted) return works.map(() => cancelled)
      const mountFolder = mountFolderFor(attempt)
      const reportFile = openSync(path.join(mountFolder, 'report'), 'ax+')
      const report = () => readEnd(reportFile, 2 ** 20)
      try {
        for (const work of works) writeFileSync(path.join(work.folder, 'log'), '', { flag: 'wx' }) // the log itself is mounted over it
        writeFileSync(path.join(mountFolder, 'job'), jobFile(jobOf(attempt, works)))
        writeFileSync(path.join(mountFolder, 'chain.sh'), chainScript())
        const container = containerFor(at, attempt, image, mountsFor(attempt, works, mounts.get(attempt)!, mountFolder))
        const began = performance.now()
        let exit = await runToEnd(at.engine, { ...container, limited }, mountFolder, attempt.signal)
        if (limited && exit.status !== 0 && report() === '' && refusesLimits(at.engine, exit.stderr)) {
          limited = false // for the rest of the run: this machine will not change
          exit = await runToEnd(at.engine, { ...container, limited }, mountFolder, attempt.signal)
        }
        return ends(attempt, works, report(), exit, { image, began, engine: at.engine })
      } finally {
        closeSync(reportFile)
        removeTree(mountFolder)
      }
    },
  }
}
/** Files of the runner's own that a container sees in /w/run. */
const filesOfRun = ['job', 'chain.sh', 'report']
const cancelled: Ended = { status: null, signal: null, seconds: 0, usage: undefined, stopped: 'cancelled', oom: false }
/** A path in a member's folder as it is inside. */
function inside(at: Attempt, file: string): string {
  const n = at.members.findIndex(({ folder }) => file.startsWith(`${folder}/`))
  return `/w/${n + 1}/${path.relative(at.members[n]!.folder, file)}`
}
/** A folder for the job, the script, and links to what is mounted. Engines split paths at commas and colons, so its own path has none. */
function mountFolderFor({ members }: Attempt): string {
  const beside = path.join(path.dirname(members[0]!.folder), `.mounts-${path.basename(members[0]!.folder)}`)
  if (!/^[\w./@+-]+$/.test(beside)) return mkdtempSync(path.join(os.tmpdir(), 'trireme-'))
  mkdirSync(beside)
  return beside
}
/** Mounts by way of links with plain names: the kernel follows them, whatever the names of users' files. */
function mountsFor(at: Attempt, works: readonly WorkFolder[], seen: ReadonlyMap<string, string>, mountFolder: string): readonly Mount[] {
  return mountsOf(at, works, seen, mountFolder).map((mount, n) => {
    const link = path.join(mountFolder, String(n + 1))
    symlinkSync(path.resolve(mount.from), link)
    return { ...mount, from: link }
  })
}
function mountsOf(at: Attempt, works: readonly WorkFolder[], seen: ReadonlyMap<string, string>, mountFolder: string): readonly Mount[] {
  return [
    ...filesOfRun.map(name => ({ from: `${mountFolder}/${name}`, to: `/w/run/${name}`, writable: name === 'report' })),
    ...works.map((work, n) => ({ from: work.folder, to: `/w/${n + 1}`, writable: true })),
    // What is mounted cannot be replaced from inside.
    ...works.map((work, n) => ({ from: work.outputs.logPath, to: `/w/${n + 1}/log`, writable: true })),
    ...[...seen].map(([to, from]) => ({ from, to, writable: at.members.some((_, n) => to === `/w/from/${n + 1}/${resumeName}`) })),
  ]
}
function containerFor(at: Containers, { members }: Attempt, image: string, mounts: readonly Mount[]): Container {
  const plain = (text: string) => text.replace(/[^\w.-]+/g, '_').slice(0, 60)
  const gpu = members.some(({ node }) => node.needs.gpu !== undefined)
  const devices = process.env.CUDA_VISIBLE_DEVICES
  const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0)
  return {
    image,
    name: `trireme-${plain(at.run)}-${randomBytes(4).toString('hex')}`,
    labels: { 'trireme.run': plain(at.run), 'trireme.step': plain(members.at(-1)!.label) },
    caller: at.caller,
    mounts,
    network: members.some(({ node }) => node.needs.network) ? at.network : 'none',
    cpu: Math.max(...members.map(({ cpu }) => cpu)),
    memory: Math.max(sum(members.map(({ memory }) => memory)), 6 * 2 ** 20), // engines refuse less
    gpu,
    environment: {
      TRIREME_LEASH: '1',
      TRIREME_UMASK: process.umask().toString(8),
      ...(gpu && devices !== undefined && { CUDA_VISIBLE_DEVICES: devices }),
    },
    argv: ['bash', '/w/run/chain.sh', '/w/run/job', '1', '/w', '/w/run/report'],
  }
}
function jobOf(at: Attempt, works: readonly WorkFolder[]): PodJob {
  const members = at.members.map(({ node }, n): JobMember => {
    const work = works[n]!
    return {
      step: node.step.name,
      place: n + 1,
      inputs: [],
      outputs: [],
      rungs: [{ argv: work.argv }],
      ...(node.needs.time !== undefined && { limits: [rung(node.needs.time, at.climbed.time)] }),
      ...(work.stdout !== undefined && { stdout: work.stdout }),
      transient: [],
      tries: 0,
    }
  })
  const links = at.links.map(({ port, slot, tee }, n) => {
    const [writer, reader] = [at.members[n]!.node.step, at.members[n + 1]!.node.step]
    return { pipe: pipeName(writer, port), to: inputName(reader, slot), ...(tee && { tee: outputName(writer, port) }) }
  })
  return { title: at.members.map(({ node }) => node.step.name).join(', '), chains: [{ members, links }] }
}
interface EngineExit {
  readonly status: number | null
  readonly stderr: string
}
/** Runs the engine until the container is gone. When cancelled it closes the container's standard input: all inside then ends by itself. */
function runToEnd(engine: Engine, container: Container, mountFolder: string, signal: AbortSignal): Promise<EngineExit> {
  const [program = '', ...words] = runCommand(engine, container)
  return new Promise((done, fail) => {
    const env = engineEnvironment(engine, process.env)
    // Detached, so that a Ctrl-C reaches the runner only. podman's monitor leaves a file `oom` in the folder that it is started in.
    const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'pipe'], detached: true, env, cwd: mountFolder })
    let stderr = ''
    child.stderr.on('data', (text: Buffer) => {
      stderr = (stderr + text.toString()).slice(-10_000)
    })
    child.stdin.on('error', () => {}) // the engine ended first
    let hard: NodeJS.Timeout | undefined
    const cancel = () => {
      child.stdin.end()
      hard ??= setTimeout(() => {
        const remove = removeCommand(engine, container.name)
        if (remove) void ask(remove)
        else child.kill('SIGKILL')
      }, 6000)
    }
    signal.addEventListener('abort', cancel)
    if (signal.aborted) cancel()
    const close = () => {
      clearTimeout(hard)
      signal.removeEventListener('abort', cancel)
    }
    child.on('error', cause => {
      close()
      fail(
        new TriremeError(
          'ENVIRONMENT',
          `${program} could not be started: ${cause.message}. Install it, or say another engine in the environment.`,
          { cause },
        ),
      )
    })
    child.on('close', status => {
      close()
      const remove = removeCommand(engine, container.name)
      const finish = () => done({ status, stderr })
      // An engine may remove the container a little after it ends: a stopped run waits for that, so that nothing of it is left.
      if (signal.aborted && remove) void ask(remove).then(finish)
      else finish()
    })
  })
}
/** How each member ended, as the report says; where there is no report, the container was killed, or never ran. */
function ends(
  at: Attempt,
  works: readonly WorkFolder[],
  report: string,
  { status, stderr }: EngineExit,
  { image, began, engine }: { readonly image: string; readonly began: number; readonly engine: Engine },
): readonly Ended[] {
  const { members } = readReport(report)
  const reports = works.map((_, n) => members.get(n + 1)).filter((each): each is MemberReport => each !== undefined)
  if (reports.length === works.length)
    return reports.map(each => (at.signal.aborted && each.stopped !== undefined ? { ...each, stopped: 'cancelled' } : each))
  const killed = status === 137 || status === null
  if (!killed && !at.signal.aborted) throw new TriremeError('ENVIRONMENT', `${engineFault(engine, image, status, stderr)}`)
  const seconds = (performance.now() - began) / 1000
  const ended: Ended = {
    status: null,
    signal: 9,
    seconds,
    usage: undefined,
    stopped: at.signal.aborted ? 'cancelled' : undefined,
    oom: oomSince(began),
  }
  return works.map(() => ended)
}
function engineFault(engine: Engine, image: string, status: number | null, stderr: string): string {
  const words = stderr.trim().split('\n').slice(-3).join(' ')
  if (/"?bash"?: (executable file not found|no such file)|exec: "bash"/i.test(stderr) || (status === 127 && /bash/.test(stderr)))
    return `The image ${image} has no bash, which runs the steps inside. Take an image with bash and coreutils (docs/reference/containers.md).`
  if (/nvidia|gpu|cdi/i.test(stderr))
    return `${engine} cannot give the container a GPU: ${words}. Install the NVIDIA container toolkit${engine === 'podman' ? ' and write its CDI specification (nvidia-ctk cdi generate)' : ''}, or choose the CPU for that step.`
  return `${engine} could not run a container of ${image} (status ${status}): ${words || 'it says nothing'}. Try the same by hand: ${programCommand(engine, image, ['true']).join(' ')}. See docs/reference/containers.md.`
}
