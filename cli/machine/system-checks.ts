import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { placeOfTime } from '../../core/host/node-spawn.ts'
import { perl, startersHere } from '../../core/host/perl-spawn.ts'
import { bytesText } from '../../core/vocabulary/quantity.ts'
import type { Tool } from '../../core/vocabulary/tool.ts'

/** One check of the doctor, with its result. */
export interface SystemCheck {
  readonly name: string
  /** `lacking`: missing, and runs go without it. */
  readonly state: 'ok' | 'missing' | 'unfit' | 'lacking'
  readonly version: string | null
  readonly needed: string
  readonly path: string | null
  /** What to do about it: a command, where there is one. */
  readonly mend: string | null
}
/** GNU time measures CPU time and memory of steps where the system's Perl cannot. Runs work without either; records then lack these figures. */
export const gnuTimeTool = {
  place: () => placeOfTime(),
  tool: {
    name: 'time',
    homepage: 'https://www.gnu.org/software/time/',
    licence: 'GPL-3.0-or-later',
    // Debian's build calls its version "UNKNOWN", so the year of the copyright is taken. That it is GNU's is what counts.
    version: { argv: ['time', '--version'], match: /GNU[\s\S]*?Copyright \(C\) (\d+)/ },
    accepts: '*',
    debian: 'time',
    conda: 'conda-forge::time=1.9',
  } satisfies Tool,
}
/** Programs that the package's tests call, beside the tools of its steps. */
export const testTools: readonly Tool[] = [
  gnuTimeTool.tool,
  {
    name: 'strace',
    homepage: 'https://strace.io',
    licence: 'LGPL-2.1-or-later',
    version: { argv: ['strace', '--version'], match: /^strace -- version (\S+)/m },
    accepts: '>=5',
    debian: 'strace',
    conda: 'conda-forge::strace',
  },
  {
    name: 'faketime',
    homepage: 'https://github.com/wolfcw/libfaketime',
    licence: 'GPL-2.0-only',
    version: { argv: ['faketime', '--version'], match: /^\S*faketime: Version (\S+)/m },
    accepts: '>=0.9',
    debian: 'faketime',
    conda: 'conda-forge::libfaketime',
  },
  {
    name: 'openssl',
    homepage: 'https://openssl-library.org',
    licence: 'Apache-2.0',
    version: { argv: ['openssl', 'version'], match: /^OpenSSL (\S+)/m },
    accepts: '>=1.1',
    debian: 'openssl',
    conda: 'conda-forge::openssl',
  },
  {
    name: 'git',
    homepage: 'https://git-scm.com',
    licence: 'GPL-2.0-only',
    version: { argv: ['git', '--version'], match: /^git version (\S+)/m },
    accepts: '>=2.20',
    debian: 'git',
    conda: 'conda-forge::git',
  },
  {
    name: 'tmux',
    homepage: 'https://github.com/tmux/tmux',
    licence: 'ISC',
    version: { argv: ['tmux', '-V'], match: /^tmux (?:next-)?(\d+\.\d+)/m },
    accepts: '>=3',
    debian: 'tmux',
    conda: 'conda-forge::tmux',
  },
]
/** What a run needs of the system beside the tools of its steps. */
export function surroundings(store: string | undefined): readonly SystemCheck[] {
  return [nodeHere(), bashHere(), measureHere(), storeHere(path.resolve(store ?? process.env.TRIREME_STORE ?? '.trireme'))]
}
function nodeHere(): SystemCheck {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fit = major > 20 || (major === 20 && minor >= 12)
  const line = { name: 'Node', version: process.versions.node, needed: '>=20.12', path: process.execPath }
  return fit
    ? { ...line, state: 'ok', mend: null }
    : { ...line, state: 'unfit', mend: 'install Node 20.12 or newer from https://nodejs.org' }
}
/** 4.4 is the first whose arrays may be empty under "set -u"; macOS brings 3.2. */
function bashHere(): SystemCheck {
  const text = outputOf('bash', '--version')
  const version = /version (\d+)\.(\d+)\S*/.exec(text)
  const line = {
    name: 'bash',
    version: version?.[0].replace('version ', '') ?? null,
    needed: '>=4.4',
    path: outputOf('sh', '-c', 'command -v bash').trim() || null,
  }
  const [major, minor] = [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)]
  if (major > 4 || (major === 4 && minor >= 4)) return { ...line, state: 'ok', mend: null }
  return {
    ...line,
    state: version ? 'unfit' : 'missing',
    mend: process.platform === 'darwin' ? 'brew install bash' : 'install bash 4.4 or newer',
  }
}
function measureHere(): SystemCheck {
  if (startersHere) return { name: 'Perl', version: null, needed: 'for records', state: 'ok', path: perl, mend: null }
  const place = gnuTimeTool.place()
  const line = { name: 'GNU time', version: null, needed: 'for records' }
  if (place) return { ...line, state: 'ok', path: place, mend: null }
  const mend = process.platform === 'darwin' ? 'brew install gnu-time' : 'install your system\'s package "time"'
  return { ...line, state: 'lacking', path: null, mend: `${mend}; without it records lack CPU time and memory` }
}
function storeHere(store: string): SystemCheck {
  let place = store
  while (!existsSync(place)) place = path.dirname(place)
  const line = { name: 'store', needed: 'writable', path: store }
  try {
    if (!statSync(place).isDirectory()) throw new Error('a file stands where the folder should be')
    accessSync(place, constants.W_OK)
    const { bavail, bsize } = statfsSync(place)
    return { ...line, state: 'ok', version: `${bytesText(bavail * bsize)} free`, mend: null }
  } catch {
    return {
      ...line,
      state: 'unfit',
      version: null,
      mend: `${userName()} cannot write to ${place}: give another folder with --store or TRIREME_STORE`,
    }
  }
}
/** In a container a user may be a number without a name. */
function userName(): string {
  try {
    return os.userInfo().username
  } catch {
    return `user ${process.getuid?.()}`
  }
}
function outputOf(program: string, ...words: string[]): string {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
