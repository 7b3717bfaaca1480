/**
 * Natural order of file names: 2 before 10. Numbers are padded to 20 digits, and what comes out is compared byte by byte, whatever the
 * language of the machine: every target, a bash script in a pod among them, must put the files of a list in the same order.
 */
export const byNature = (a: string, b: string): number => Buffer.compare(Buffer.from(sortedBy(a)), Buffer.from(sortedBy(b)))
/** The name itself comes last, to part `7` from `007`; no name holds a slash. */
const sortedBy = (name: string): string => `${name.replace(/[0-9]+/g, digits => digits.padStart(20, '0'))}/${name}`
