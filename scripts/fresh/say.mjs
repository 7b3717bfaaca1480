import { existsSync } from 'node:fs'
import path from 'node:path'

export const say = line => void process.stderr.write(`${line}\n`)
/** Exit status where no fresh machine can be made: EX_TEMPFAIL of sysexits.h. */
export const impossible = 75
/** Says so that nobody overlooks it. */
export function refuse(reason) {
  const rule = '='.repeat(100)
  say(
    `${rule}\nNO FRESH MACHINE CAN BE MADE HERE: ${reason}.\nTests that run on this machine instead may use what a new one lacks.\n${rule}`,
  )
  return impossible
}
export const installed = program =>
  (process.env.PATH ?? '').split(path.delimiter).some(folder => folder !== '' && existsSync(path.join(folder, program)))
