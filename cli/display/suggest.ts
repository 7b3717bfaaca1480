/** The known name nearest to a misspelt one, if it is near. */
export const nearestTo = async (name: string, known: Iterable<string>): Promise<string | undefined> =>
  (await import('../../core/vocabulary/nearest.ts')).nearest(name, known)
/** ` Did you mean "x"?`, or nothing: follows a message's first sentence. */
export const didYouMean = async (name: string, known: Iterable<string>): Promise<string> =>
  (await import('../../core/vocabulary/nearest.ts')).meant(name, known) // what it needs is loaded for those who mistype
