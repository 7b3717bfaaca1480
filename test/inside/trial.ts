import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type JobMember, jobFile, type PodJob } from '../../core/inside/job.ts'
import { chainScript, podScript } from '../../core/inside/scripts.ts'
import { sealJson } from '../../core/store/sealed.ts'
import { scratch } from '../../core/testing.ts'

// For tests: a plain folder as Argo makes it for a pod, and the pod's script run in it.

export const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
/** A job of one chain of one step. */
export const oneStep = (member: Partial<JobMember> & { readonly argv: readonly string[] }): PodJob => {
  const { argv, ...rest } = member
  return { title: 'one', chains: [{ members: [memberOf(1, argv, rest)], links: [] }] }
}
export const memberOf = (place: number, argv: readonly string[], more: Partial<JobMember> = {}): JobMember => ({
  step: `s${place}`,
  place,
  inputs: [],
  outputs: [],
  rungs: [{ argv: [[argv]] }],
  transient: [],
  tries: 0,
  ...more,
})
/** Content by path below the pod's folder: `{ 'from/a/x.txt': 'text' }`. */
export type Files = Readonly<Record<string, string | Uint8Array>>
/** The files of an entry, with the record that a pod or a client put beside them. */
export function entry(mount: string, outputs: Readonly<Record<string, Readonly<Record<string, string>>>>): Files {
  const ports = Object.entries(outputs).map(([port, files]) => {
    const lines = Object.entries(files).map(
      ([name, text]) => `{"name":"${name}","size":${Buffer.byteLength(text)},"sha256":"${sha256(text)}"}`,
    )
    return `"${port}":[\n${lines.join(',\n')}\n]`
  })
  const record = sealJson(`{"format":2,"key":"${mount.repeat(8)}","step":"made",\n"outputs":{\n${ports.join(',\n')}\n},\n"attempt":1\n}`)
  const files = Object.values(outputs).flatMap(port => Object.entries(port))
  return { [`from/${mount}/record.json`]: record, ...Object.fromEntries(files.map(([name, text]) => [`from/${mount}/${name}`, text])) }
}
export interface Tried {
  readonly root: string
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
  readonly read: (file: string) => string
  readonly there: (file: string) => boolean
}
export interface TrialOptions {
  readonly files?: Files
  readonly env?: Readonly<Record<string, string>>
  /** Called once it runs. */
  readonly meanwhile?: (pid: number, root: string) => void
  readonly bash?: readonly string[]
  readonly root?: string
}
export async function pod(
  job: PodJob,
  { files = {}, env = {}, meanwhile, bash = ['bash'], root = scratch() }: TrialOptions = {},
): Promise<Tried> {
  const all = { 'run/job': jobFile(job), 'run/chain.sh': chainScript(), 'run/pod.sh': podScript(), ...files }
  for (const [name, content] of Object.entries(all)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), content)
  }
  const started = performance.now()
  const child = spawn(bash[0]!, [...bash.slice(1), path.join(root, 'run/pod.sh')], {
    cwd: root,
    env: { PATH: process.env.PATH ?? '', TRIREME_ROOT: root, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString()
  })
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  meanwhile?.(child.pid!, root)
  const status = await new Promise<number | null>(done => child.on('close', done))
  return {
    root,
    status,
    stdout,
    stderr,
    seconds: (performance.now() - started) / 1000,
    read: file => readFileSync(path.join(root, file), 'utf8'),
    there: file => existsSync(path.join(root, file)),
  }
}
