import type { Event } from '../../core/events.ts'

/** Shows a run as it goes on. It reads events and nothing else. */
export interface Display {
  on(event: Event): void
  /** Leaves the terminal as it was found. */
  close(): void
}
/** Seconds that steps took in earlier runs, by the step's name. */
export type Expected = ReadonlyMap<string, number>
