/**
 * Whether a line of a BED is none of its regions: blank, a comment, or a line for a browser. Contigs may be named "track-1" or "browser":
 * a line with whole numbers behind its first tabs is a region.
 */
export const bedComment = (line: string): boolean =>
  /^\s*$/.test(line) || line.startsWith('#') || (/^(track|browser)(\s|$)/.test(line) && !/^[^\t]*\t[0-9]+\t[0-9]+(\s|$)/.test(line))
/** A text without the mark that Windows puts before UTF-8. */
export const withoutMark = (text: string): string => (text.startsWith('\ufeff') ? text.slice(1) : text)
