import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's own folder: this module lies in dist/benchmarks/harness. */
export const root = fileURLToPath(new URL('../../../', import.meta.url))
/** A compiled program of this package, as words of a command. */
export const compiled = (place: string): readonly string[] => [process.execPath, path.join(root, 'dist', place)]
export const script = (name: string): string => path.join(root, 'dist', 'benchmarks', 'scripts', name)
