/** How many names stand in one message; the rest is counted. */
const most = 20

/** The first of them, and how many more there are. */
export const listed = (items: readonly string[], between = ', ', shown = most): string =>
  items.slice(0, shown).join(between) + (items.length > shown ? `${between}and ${(items.length - shown).toLocaleString('en')} more` : '')
