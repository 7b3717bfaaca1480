import type { Display } from './display.ts'

/** Every event as a line of JSON: for programs. */
export const json = (write: (line: string) => void): Display => ({ on: event => write(JSON.stringify(event)), close: () => {} })
