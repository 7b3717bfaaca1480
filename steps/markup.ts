// Names of patients, models and options come from outside: in a page, a card or a table they are text, and nothing else.

/** As text within a line of Markdown: no markup, no HTML, no cell of a table, no second line. */
export const markdownText = (text: string): string =>
  text
    .replace(/[\s\p{Cc}\p{Bidi_Control}\u2028\u2029]+/gu, ' ')
    .trim()
    .replace(/[\\`*[\]<>&|~!$]|(?<!\w)_|_(?!\w)|^[#+=-]|^\d+(?=[.)](?:\s|$))/g, found => (/^\d/.test(found) ? `${found}\\` : `\\${found}`))
/**
 * A line of CSV that people open in a spreadsheet. There a text that begins so is a formula, which may fetch and run what it likes: it gets an
 * apostrophe before it, as OWASP advises (https://owasp.org/www-community/attacks/CSV_Injection). Numbers stay numbers. Not for tables that programs
 * read: to them the apostrophe would be part of the name.
 */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map(csvCell).join(',')}\n`
function csvCell(value: string | number): string {
  const text = String(value)
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
