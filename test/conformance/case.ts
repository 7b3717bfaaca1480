import { readFileSync } from 'node:fs'
import { kind, many, mib, pipe, run, step, word } from 'trireme-bio'
import type { Plan } from '../../core/plan.ts'

/** A tiny pipeline that every target must treat alike. */
export interface Case {
  readonly name: string
  /** What it proves, in words: a row of docs/reference/conformance.md. */
  readonly proves: string
  /** Plans that are run one after another in one store. */
  readonly plans: (at: Surroundings) => readonly Plan[]
  /** What results of the last plan hold, by the result's name: what a reader expects without a look at the golden. */
  readonly texts?: Readonly<Record<string, string>>
  /** Words that messages of failures must hold. */
  readonly says?: readonly string[]
  /** What a target must have; one that has not is skipped with the reason. */
  readonly asks?: 'streams' | 'cut-off' | 'memory limits'
}
export interface Surroundings {
  /** Folder for input files. */
  readonly folder: string
  /** Words that bring a process under a limit of memory that its target does not set itself; none elsewhere. */
  readonly confine: string
}

export const image = 'base'
export const text = kind('text', { extension: '.txt' })
export const needs = { cpu: 1, memory: mib(64) }
/** Words of a bash script, for steps that need one: the script is fixed, values are its words. */
export const bash = (script: string) => ['bash', '-euc', script, 'step'] as const

export const say = step({
  name: 'say',
  image,
  inputs: {},
  params: { what: asText() },
  outputs: { said: text },
  needs,
  tag: ({ what }) => what.trim(),
  command: ({ what, said }) => run('printf', '%s\n', what).into(said),
})
export const upper = step({
  name: 'upper',
  image,
  inputs: { text },
  outputs: { shouted: text },
  needs,
  command: ({ text, shouted }) => pipe(['cat', text], ['tr', 'a-z', 'A-Z']).into(shouted),
})
export const join = step({
  name: 'join',
  image,
  inputs: { texts: many(text) },
  outputs: { joined: text },
  needs,
  command: ({ texts, joined }) => run('cat', texts).into(joined),
})
/** One file for each line, named by its number: 2.txt comes before 10.txt. */
export const lines = step({
  name: 'lines',
  image,
  inputs: { text },
  outputs: { each: many(text) },
  needs,
  command: ({ text, each }) => run(...bash('n=0; while IFS= read -r line; do n=$((n + 1)); printf "%s\\n" "$line" >"$2/$n.txt"; done <"$1"'), text, each),
})
/** A step that takes a file and a script for it: for the failures. */
export const through = (name: string, script: string, more: Partial<Parameters<typeof step>[0]> = {}) =>
  step({
    name,
    image,
    inputs: { from: text },
    outputs: { to: text },
    needs,
    command: ({ from, to }) => run(...bash(script), from, to),
    ...(more as object),
  })
