/** An amount of memory or disk, in bytes. Made by `mib` or `gib`, so that no bare number is ever taken for one. */
export type Bytes = number & { readonly unit: 'bytes' }
/** A span of time, in seconds. Made by `seconds`, `minutes` or `hours`. */
export type Seconds = number & { readonly unit: 'seconds' }

/** n × 2²⁰ bytes. */
export const mib = (n: number) => (n * 2 ** 20) as Bytes
/** n × 2³⁰ bytes. */
export const gib = (n: number) => (n * 2 ** 30) as Bytes
/** n seconds. */
export const seconds = (n: number) => n as Seconds
/** n × 60 seconds. */
export const minutes = (n: number) => (n * 60) as Seconds
/** n × 3600 seconds. */
export const hours = (n: number) => (n * 3600) as Seconds

/** One amount, or a ladder of them: the next rung is tried only when the one before was too small. */
export type Ladder<T> = T | readonly [T, ...T[]]

/** The resources that a step asks for. The scheduler reserves them; argv sees only what was granted. */
export interface Needs {
  /** Cores that the step can use. Cut to what the machine has. Below 1, several such steps share a core, and the command gets 1. */
  readonly cpu: number
  /** Reserved: steps that run at a time never ask for more than the machine has. No process is stopped for using more than it asked for. */
  readonly memory: Ladder<Bytes>
  /** Scratch space and outputs. Recorded for clusters, which reserve it; not looked at by local runs. */
  readonly disk?: Ladder<Bytes>
  /** Longest time one attempt may take; after it the whole process group is ended. @default no limit */
  readonly time?: Ladder<Seconds>
  /** Whole GPUs, and the memory that each must have. Never cut: a step that asks for more than there are is an error before anything runs. */
  readonly gpu?: { readonly count: number; readonly memory?: Bytes }
  /** May reach the network: a step that fetches. In containers all others have none. Not part of any key. @default false */
  readonly network?: true
}

/** How many rungs an attempt stands above the lowest of each ladder: what happened before it decides, never how many attempts there were. */
export interface Climbed {
  readonly memory: number
  readonly time: number
}
export const lowest: Climbed = { memory: 0, time: 0 }
/** @param climbed rungs above the lowest; the last one serves all beyond it */
export const rung = <T extends number>(ladder: Ladder<T>, climbed: number): T => {
  const all = rungs(ladder)
  return all[Math.min(climbed, all.length - 1)]!
}
export const rungs = <T extends number>(ladder: Ladder<T>): readonly T[] => (typeof ladder === 'number' ? [ladder] : ladder)

/** "8GiB" and "8G" are 8 × 2³⁰ bytes, "8GB" is 8 × 10⁹, as coreutils have it; undefined for anything else, and below 1 MiB. */
export function bytesFrom(text: string): Bytes | undefined {
  const [, figure = '', prefix = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgt])?(i?b?)$/i.exec(text) ?? []
  const bytes = Number(figure) * (unit.toLowerCase() === 'b' && prefix !== '' ? 1000 : 1024) ** ' kmgt'.indexOf(prefix.toLowerCase() || ' ')
  return figure === '' || bytes < 2 ** 20 ? undefined : (Math.floor(bytes) as Bytes)
}
/** "90s", "30m", "12h" and "7d" in seconds; undefined for anything else. */
export function secondsFrom(text: string): Seconds | undefined {
  const [, figure = '', unit = ''] = /^(\d+) ?([smhd])$/.exec(text) ?? []
  const span = { s: 1, m: 60, h: 3600, d: 86_400 }[unit]
  return span === undefined || Number(figure) === 0 ? undefined : ((Number(figure) * span) as Seconds)
}

/** 1536 MiB as "1.5 GiB": for messages, never for argv. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = Math.min(Math.max(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 0), units.length - 1)
  return `${Number((bytes / 1024 ** power).toFixed(power > 1 ? 1 : 0))} ${units[power]}`
}
/** 75.2 s as "1 m 15 s", 43,200 s as "12 h". */
export function secondsText(total: number): string {
  if (total < 60) return `${total < 10 ? total.toFixed(1) : Math.round(total)} s`
  const whole = Math.round(total)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const [large, small] = h > 0 ? [`${h} h`, m > 0 ? ` ${m} m` : ''] : [`${m} m`, s > 0 ? ` ${s} s` : '']
  return large + small
}
export const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0)
