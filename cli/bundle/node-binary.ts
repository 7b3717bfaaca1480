import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TriremeError } from '../../core/errors.ts'

/** Where a Node runs, as `process.arch` calls it, and the oldest glibc that has all it asks for. */
export interface Platform {
  readonly architecture: string
  readonly glibc: string
}
export interface NodeBinary {
  readonly content: Buffer
  readonly platform: Platform
}
/** Numbers of the ELF format for machines that Node is built for. */
const machines: Readonly<Record<number, string>> = { 62: 'x64', 183: 'arm64' }

/**
 * A Node for the bundle, without the symbols for debuggers where binutils are here to take them out: a tenth less.
 * @throws TriremeError `USAGE` for what is no Node for Linux with glibc
 */
export function nodeBinary(file: string): NodeBinary {
  const content = stripped(file)
  return { content, platform: platformOf(file, content) }
}
function stripped(file: string): Buffer {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'trireme-node-'))
  try {
    const small = path.join(folder, 'node')
    const { status } = spawnSync('strip', ['--strip-all', '-o', small, file], { stdio: 'ignore' })
    return readFileSync(status === 0 ? small : file)
  } catch (cause) {
    throw new TriremeError('USAGE', `The Node ${file} cannot be read: ${(cause as Error).message}. Give another with --node.`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
export function platformOf(file: string, content: Buffer): Platform {
  const remedy = 'Give the file bin/node of a Node for Linux, from https://nodejs.org/dist, with --node.'
  const refused = (what: string) => new TriremeError('USAGE', `${file} ${what}. A bundle is for Linux with glibc. ${remedy}`)
  if (content.subarray(0, 4).toString('latin1') !== '\x7fELF') throw refused('is no program for Linux')
  const architecture = machines[content.readUInt16LE(18)]
  if (architecture === undefined) throw refused(`is for a machine of the ELF number ${content.readUInt16LE(18)}, not for x64 or arm64`)
  const text = content.toString('latin1')
  if (!text.includes('node_module_register')) throw refused('is no Node')
  const asked = [...text.matchAll(/\0GLIBC_2\.(\d+)(?=[.\0])/g)].map(([, minor]) => Number(minor))
  if (asked.length === 0) throw refused('is not linked with glibc')
  return { architecture, glibc: `2.${Math.max(...asked)}` }
}
