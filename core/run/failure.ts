import { statfsSync } from 'node:fs'
import type { StepNode } from '../graph/node.ts'
import { manyWords } from '../graph/word-limits.ts'
import { failedStage } from '../host/pipe-script.ts'
import type { Ended } from '../host/process.ts'
import { readEnd, readPlain } from '../left-behind.ts'
import { quoted } from '../vocabulary/command.ts'
import { type Climbed, rung, rungs, secondsText } from '../vocabulary/quantity.ts'
import { isProgress } from './progress.ts'
import type { WorkFolder } from './work-folder.ts'

/** Why an attempt failed, as far as it decides whether trying again may help. */
export type Cause = 'memory' | 'time' | 'transient' | 'other' | 'cancelled'
export interface Failure {
  readonly cause: Cause
  readonly message: string
  /** It ended because its reader was gone: then the next step of the chain is the one that failed. */
  readonly unread: boolean
}
export interface Circumstances {
  readonly node: StepNode
  readonly label: string
  readonly work: WorkFolder
  readonly ended: Ended
  /** True where bash recorded the statuses of the pipe's stages. */
  readonly statuses: boolean
  readonly climbed: Climbed
  readonly memory: number
  /** Where to look: `FailureDetails.where`. */
  readonly where: string
}
/** What went wrong with one step of an attempt, in words for people; undefined when nothing did. */
export function failureOf({ node, label, work, ended, statuses, climbed, memory, where }: Circumstances): Failure | undefined {
  if (ended.status === 0 && ended.stopped === undefined) return undefined
  const culprit = statuses ? failedStage(ended.statuses ?? readPlain(`${work.held.place}/status`) ?? '') : undefined
  const status = culprit?.status ?? ended.status
  const cause = causeOf(node, ended, status)
  const lines = lastLines(work.outputs.log) + (isFull(work.folder) ? '\n  The disk is full: free some space, or give another --store.' : '')
  return {
    cause,
    unread: ended.stopped === 'group' || ended.signal === 13 || ended.signal === 'SIGPIPE' || status === 141 || /broken pipe/i.test(lines),
    message: failureText({ node, label, cause, status, signal: ended.signal, climbed, memory, argv: work.argv, culprit, where, lines }),
  }
}
/** How an attempt ended, for people. */
export interface FailureDetails {
  readonly node: StepNode
  readonly label: string
  readonly cause: Cause
  readonly status: number | null
  readonly signal: NodeJS.Signals | number | null
  readonly climbed: Climbed
  /** Granted, in bytes. */
  readonly memory: number
  /** All that ran, by pipe and program. */
  readonly argv: readonly (readonly (readonly string[])[])[]
  /** The program that failed, where it is one of several. */
  readonly culprit: { readonly pipe: number; readonly stage: number } | undefined
  /** Where to look, as a line: `folder:  /…`. */
  readonly where: string
  readonly lines: string
}
export function failureText({ node, label, cause, status, signal, climbed, memory, argv, culprit, where, lines }: FailureDetails): string {
  const how = {
    cancelled: 'was cancelled',
    time: `ran longer than its limit of ${secondsText(node.needs.time === undefined ? 0 : rung(node.needs.time, climbed.time))}`,
    memory: `ran out of memory (${Math.round(memory / 2 ** 20)} MiB granted)`,
    transient: `ended with status ${status}`,
    other: signal === null ? `ended with status ${status}` : `was ended by signal ${signal}`,
  }[cause]
  const remedy =
    cause === 'time' && node.needs.time !== undefined && rungs(node.needs.time).length <= climbed.time + 1
      ? " If it is only slow, raise the step's needs.time."
      : cause === 'memory' && rungs(node.needs.memory).length <= climbed.memory + 1
        ? " Add a higher rung to the step's needs.memory."
        : /argument list too long|E2BIG/i.test(lines)
          ? ` In its command ${manyWords(argv)}`
          : ''
  return `Step ${label} ${how}.${remedy}\n  command:${programsText(argv, culprit)}\n  ${where}${lines}`
}
/** One program behind the word; of several each has a line, and an arrow points to the one that failed. */
function programsText(argv: FailureDetails['argv'], culprit: FailureDetails['culprit']): string {
  const programs = argv.flatMap((stages, pipe) => stages.map((words, stage) => ({ words: words.map(quoted).join(' '), pipe, stage })))
  if (programs.length <= 1) return ` ${programs[0]?.words ?? ''}`
  return programs
    .map(
      ({ words, pipe, stage }) =>
        `\n  ${culprit?.pipe === pipe && culprit.stage === stage ? '→ ' : '  '}${stage > 0 ? '| ' : '  '}${words}`,
    )
    .join('')
}
function causeOf(node: StepNode, ended: Ended, status: number | null): Cause {
  if (ended.stopped === 'cancelled') return 'cancelled'
  if (ended.stopped === 'time limit') return 'time'
  const killed = ended.signal === 9 || ended.signal === 'SIGKILL' || status === 137
  if (killed && ended.oom) return 'memory'
  return status !== null && node.step.retry.exits.includes(status) ? 'transient' : 'other'
}
/** A tool that finds the disk full cannot always say so, since its log is on the same disk. */
function isFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < 2 ** 16
  } catch {
    return false
  }
}
/** The end of a step's log, which is open, for the end of a message. */
export const lastLines = (log: number): string => linesText(readEnd(log))
/** As many as a message that names twenty faults. */
const mostLogLines = 24
/** A line may be a page of data; no sentence is so long. */
const mostOfLine = 2000
const logLine = (line: string) =>
  line.length > mostOfLine ? `${line.slice(0, mostOfLine)}… (${(line.length - mostOfLine).toLocaleString('en')} characters more)` : line
/** The same of a text that is a log. */
export function linesText(text: string): string {
  const lines = text
    .trimEnd()
    .split(/\r?\n|\r/)
    .filter(line => !isProgress(line))
    .slice(-mostLogLines)
  return text.trim() === ''
    ? '\n  It wrote nothing to its standard error.'
    : `\n  last lines of its log:\n${lines.map(line => `    ${logLine(line)}`).join('\n')}`
}
