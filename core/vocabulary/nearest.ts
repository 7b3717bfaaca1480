import leven from 'leven'

/** The known name nearest to a misspelt one, if it is near: at most a third of its letters differ, or two neighbours are swapped. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = leven(name.toLowerCase(), candidate.toLowerCase())
    if (
      distance <= Math.max(candidate.length < 4 ? 1 : 2, Math.floor(candidate.length / 3)) &&
      distance < (best?.distance ?? Number.POSITIVE_INFINITY)
    )
      best = { name: candidate, distance }
  }
  return best?.name
}
/** ` Did you mean "x"?`, or nothing: follows a message's first sentence. */
export const meant = (name: string, known: Iterable<string>): string => {
  const found = nearest(name, known)
  return found === undefined ? '' : ` Did you mean "${found}"?`
}
