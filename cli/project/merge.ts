import { isDeepStrictEqual } from 'node:util'
import { diff3MergeRegions, diffIndices } from 'node-diff3'

// Lines are compared without their ends, so that a file whose ends an editor changed still merges. Texts are read as latin1: every byte is one
// character and comes back as it was, whatever the encoding.

interface CopiedLine {
  readonly words: string
  /** `\n`, `\r\n`, or nothing at the end of a file. */
  readonly end: string
}
interface CopiedLines {
  readonly mark: boolean
  readonly lines: readonly CopiedLine[]
}
const byteOrderMark = '\u00ef\u00bb\u00bf'
function linesOf(content: Buffer): CopiedLines {
  const text = content.toString('latin1')
  const mark = text.startsWith(byteOrderMark)
  const lines = (mark ? text.slice(byteOrderMark.length) : text).match(/[^\n]*\n|[^\n]+$/g) ?? []
  return { mark, lines: lines.map(whole => ({ words: whole.replace(/\r?\n$/, ''), end: /\r?\n$/.exec(whole)?.[0] ?? '' })) }
}
const wordsIn = ({ lines }: CopiedLines): string[] => lines.map(line => line.words)
const usualEnd = (lines: readonly CopiedLine[]): string => {
  const windows = lines.filter(({ end }) => end === '\r\n').length
  return windows > lines.filter(({ end }) => end === '\n').length ? '\r\n' : '\n'
}
export const canMerge = (content: Buffer): boolean => !content.includes(0)

/** Where both sides changed the same lines, or lines that touch. */
export interface Conflict {
  /** Number of its first line in the user's file, from 1. */
  readonly line: number
  readonly yours: readonly string[]
  readonly base: readonly string[] | undefined
  readonly upstream: readonly string[]
}
export interface Merged {
  readonly content: Buffer
  /** Where there are any, the content has both sides between marks. */
  readonly conflicts: readonly Conflict[]
}
/** What the marks call the sides. */
export interface Sides {
  readonly base: string
  readonly upstream: string
}
const marks = { yours: '<<<<<<< yours', base: '|||||||', middle: '=======', upstream: '>>>>>>> trireme-bio' }
export const hasMarks = (content: Buffer): boolean => /^(<{7} yours|>{7} trireme-bio .*)\r?$/m.test(content.toString('latin1'))

/**
 * Merges what you and upstream changed since the base. Ends of lines, byte order mark and the end of the file are the user's, unless only upstream
 * changed them. Without a base, every difference is a conflict.
 */
export function mergeThree(yours: Buffer, base: Buffer | undefined, upstream: Buffer, sides: Sides): Merged {
  const [ours, old, theirs] = [linesOf(yours), linesOf(base ?? yours), linesOf(upstream)]
  const usual = usualEnd(ours.lines.length > 0 ? ours.lines : theirs.lines)
  const own = (from: number, length: number): readonly CopiedLine[] => ours.lines.slice(from, from + length)
  const foreign = (lines: readonly string[]): readonly CopiedLine[] => lines.map(each => ({ words: each, end: usual }))
  const found: Conflict[] = []
  const merged: CopiedLine[] = []
  const conflict = (line: number, length: number, before: readonly string[] | undefined, after: readonly string[]) => {
    found.push({ line: line + 1, yours: own(line, length).map(each => each.words), base: before, upstream: after })
    merged.push(...foreign([marks.yours]), ...own(line, length))
    if (before) merged.push(...foreign([`${marks.base} ${sides.base}`, ...before]))
    merged.push(...foreign([marks.middle, ...after, `${marks.upstream} ${sides.upstream}`]))
  }
  for (const region of base ? regions(wordsIn(ours), wordsIn(old), wordsIn(theirs)) : unequal(wordsIn(ours), wordsIn(theirs)))
    if (region.side === 'yours') merged.push(...own(region.from, region.length))
    else if (region.side === 'upstream') merged.push(...foreign(region.words))
    else if (isDeepStrictEqual(region.upstream, region.yours)) merged.push(...own(region.from, region.yours.length))
    else conflict(region.from, region.yours.length, region.base, region.upstream)

  const changed = <A>(mine: A, before: A, after: A): A => (mine === before ? after : mine)
  const closed = (lines: readonly CopiedLine[]) => lines.length === 0 || lines.at(-1)?.end !== ''
  const [mark, close] = base
    ? [changed(ours.mark, old.mark, theirs.mark), changed(closed(ours.lines), closed(old.lines), closed(theirs.lines))]
    : [ours.mark, closed(ours.lines)]
  const text = merged.map(({ words, end }, n) => words + (n < merged.length - 1 || close ? end || usual : '')).join('')
  return { content: Buffer.from((mark ? byteOrderMark : '') + text, 'latin1'), conflicts: found }
}
type Region =
  | { readonly side: 'yours'; readonly from: number; readonly length: number }
  | { readonly side: 'upstream'; readonly words: readonly string[] }
  | {
      readonly side: 'both'
      readonly from: number
      readonly yours: readonly string[]
      readonly base: readonly string[] | undefined
      readonly upstream: readonly string[]
    }
/** The user's lines are named by their place, so that their ends stay with them. */
function regions(yours: string[], base: string[], upstream: string[]): readonly Region[] {
  const place = kept(base, yours)
  return diff3MergeRegions(yours, base, upstream).map((region): Region => {
    if (!region.stable)
      return { side: 'both', from: region.aStart, yours: region.aContent, base: region.oContent, upstream: region.bContent }
    const { buffer, bufferStart: from, bufferLength: length, bufferContent } = region
    if (buffer === 'b') return { side: 'upstream', words: bufferContent }
    return { side: 'yours', from: buffer === 'a' ? from : place(from), length }
  })
}
/** Where a line of the base that the user left alone is now. */
function kept(base: string[], yours: string[]): (line: number) => number {
  const changes = diffIndices(base, yours)
  return line => {
    const before = changes.filter(({ buffer1: [from = 0, length = 0] }) => from + length <= line)
    return before.reduce((at, { buffer1: [, less = 0], buffer2: [, more = 0] }) => at - less + more, line)
  }
}
function unequal(yours: string[], upstream: string[]): readonly Region[] {
  const all: Region[] = []
  let at = 0
  const upTo = (from: number) => {
    if (from > at) all.push({ side: 'yours', from: at, length: from - at })
  }
  for (const { buffer1, buffer1Content, buffer2Content } of diffIndices(yours, upstream)) {
    const [from, length] = buffer1 as [number, number] // as documented: offset and length
    upTo(from)
    all.push({ side: 'both', from, yours: buffer1Content, base: undefined, upstream: buffer2Content })
    at = from + length
  }
  upTo(yours.length)
  return all
}

/** Two texts as `diff -u` prints them, with three lines around each change; nothing where their lines are the same. */
export function unified(from: Buffer, to: Buffer, labels: readonly [string, string]): string {
  const decoded = (content: Buffer) => content.toString('utf8').match(/[^\n]*\n|[^\n]+$/g) ?? []
  const [old, now] = [decoded(from), decoded(to)]
  const hunks: { start: number; end: number; shift: number; lines: string[] }[] = []
  let shift = 0
  for (const { buffer1, buffer1Content, buffer2Content } of diffIndices(old, now)) {
    const [at, length] = buffer1 as [number, number] // as documented: offset and length
    let hunk = hunks.at(-1)
    if (!hunk || hunk.end + 6 < at) {
      hunk = { start: Math.max(0, at - 3), end: Math.max(0, at - 3), shift, lines: [] }
      hunks.push(hunk)
    }
    hunk.lines.push(...old.slice(hunk.end, at).map(line => ` ${line}`))
    hunk.lines.push(...buffer1Content.map((line: string) => `-${line}`), ...buffer2Content.map((line: string) => `+${line}`))
    hunk.end = at + length
    shift += buffer2Content.length - length
  }
  if (hunks.length === 0) return ''
  const range = (start: number, count: number) => `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
  const text = hunks.map(({ start, end, shift, lines }) => {
    const whole = [...lines, ...old.slice(end, end + 3).map(line => ` ${line}`)]
    const count = (mark: string) => whole.filter(line => line[0] !== mark).length
    const [less, more] = [count('+'), count('-')]
    const printed = whole.map(line => (line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`))
    return `@@ -${range(start, less)} +${range(start + shift, more)} @@\n${printed.join('')}`
  })
  return `--- ${labels[0]}\n+++ ${labels[1]}\n${text.join('')}`
}
