/** How many names stand in one message; the rest is counted. */
const most = 20

const more = (items: readonly string[], between: string) =>
  items.length > most ? `${between}and ${(items.length - most).toLocaleString('en')} more` : ''

/** The first of them, and how many more there are. */
export const listed = (items: readonly string[], between = ', '): string => items.slice(0, most).join(between) + more(items, between)
/** The same on lines below the text, two a line: of what a step writes before it fails, people are shown twelve lines. */
export const linesOf = (items: readonly string[]): string =>
  items
    .slice(0, most)
    .map((item, n) => (n % 2 === 0 ? `\n  ${item}` : `; ${item}`))
    .join('') + more(items, '; ')

export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : several}`
