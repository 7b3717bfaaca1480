import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { TriremeError } from '../../../core/errors.ts'
import { writeFirst } from '../append-only.ts'

/** What the signatures are for, so that none made for something else counts: the namespace of ssh-keygen. */
const namespace = 'trireme-record'
/** Beside the record that it signs. */
export const signatureOf = (record: string): string => `${record}.sig`

function keygen(
  words: readonly string[],
  input?: Buffer,
): { readonly status: number | null; readonly out: string; readonly complaint: string; readonly complaints: readonly string[] } {
  const { status, stdout, stderr, error } = spawnSync('ssh-keygen', words, { input, encoding: 'utf8' })
  if (error && 'code' in error && error.code === 'ENOENT')
    throw new TriremeError(
      'TOOL',
      'ssh-keygen is not installed, which signs records and looks at signatures. Install OpenSSH 8.2 or newer.',
    )
  const complaints = (stderr ?? '').trim().split(/\r?\n/)
  return { status, out: stdout ?? '', complaint: complaints.at(-1) ?? '', complaints }
}
/** Signs a record that has been written. @param key a private key of SSH, or the public one of a key that an agent holds */
export function sign(record: string, key: string): string {
  const { status, out, complaint } = keygen(['-Y', 'sign', '-f', key, '-n', namespace], readFileSync(record))
  if (status !== 0)
    throw new TriremeError(
      'INPUT',
      `${record} was not signed with ${key}: ${complaint}. Give the file of a private key of SSH, as "ssh-keygen -t ed25519" makes one.`,
    )
  writeFirst(signatureOf(record), out)
  return signatureOf(record)
}
export type Signature =
  | { readonly state: 'none' }
  | { readonly state: 'not looked at' }
  | { readonly state: 'good'; readonly by: string }
  | { readonly state: 'bad'; readonly why: string }

/** Whether one of the signers has signed a record. @param signers file of "allowed signers", as ssh-keygen(1) describes it */
export function signatureState(record: string, signers: string | undefined): Signature {
  const signature = signatureOf(record)
  if (!existsSync(signature))
    return signers === undefined ? { state: 'none' } : { state: 'bad', why: `it is not signed: there is no ${signature}` }
  if (signers === undefined) return { state: 'not looked at' }
  const found = keygen(['-Y', 'find-principals', '-s', signature, '-f', signers])
  const [by = ''] = found.out.split('\n')
  if (found.status !== 0 || by === '') {
    const why = found.complaints[0] === 'No principal matched.' ? '' : ` (${found.complaints[0]})`
    return { state: 'bad', why: `its signature is by none of the signers in ${signers}${why}` }
  }
  const { status, complaint } = keygen(['-Y', 'verify', '-f', signers, '-I', by, '-n', namespace, '-s', signature], readFileSync(record))
  return status === 0
    ? { state: 'good', by }
    : { state: 'bad', why: `its signature does not hold: it was changed after it was signed, or signed for something else (${complaint})` }
}
