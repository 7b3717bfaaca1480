import { counted, type Given, quoted, type Reading, tally } from './given.ts'

/** What of a sheet or folders is not to be taken, as its user says. */
export interface LeftOut {
  /** Rows of a sheet whose images are not there. */
  readonly absent: 'refuse' | 'leave-out'
  /** Classes that are wanted; all, where none is named. */
  readonly classes: readonly string[]
}
/** Images of the classes that are wanted. */
export function ofClasses({ images, faults, notes }: Reading, wanted: readonly string[]): Reading {
  if (wanted.length === 0) return { images, faults, notes }
  const counts = tally(images.map(({ label }) => label))
  const words = [...counts.keys()]
  const others = words.filter(word => !wanted.includes(word)).sort((a, b) => counts.get(b)! - counts.get(a)!)
  const kept = images.filter(({ label }) => wanted.includes(label))
  const none = wanted.filter(word => !counts.has(word))
  const left = images.length - kept.length
  return {
    images: kept,
    faults: [...faults, ...none.map(word => `No image is of the class "${word}"; labels are ${quoted(words)}. Correct --classes.`)],
    notes:
      left === 0
        ? notes
        : [
            ...notes,
            `Left out, since --classes does not name ${others.length === 1 ? 'its class' : 'their classes'}: ${counted(left)} (${quoted(others)}).`,
          ],
  }
}
export const absentNote = (absent: readonly Given[]): string =>
  `Left out, since ${absent.length === 1 ? 'it is' : 'they are'} not there: ${counted(absent.length)} of the sheet (${quoted(
    absent.map(({ image }) => image),
    3,
  )}).`
export const absentRemedy =
  'Put images that are not there in their places, or take their rows out of the sheet; --absent leave-out passes over them.'
