/** Begins what steers a terminal. */
export const csi = '\u001b['
/** A change of colours; any other character that steers a terminal, turns the direction of text, or ends a line without being seen to. */
const steering = new RegExp(`${csi[0]}\\[[\\d;]*m|[\\p{Cc}\\p{Bidi_Control}\\u2028\\u2029]`, 'gu')
/** Red, green, yellow, dim, bold, and their ends: the colours of our own. */
const own = new Set([1, 2, 22, 31, 32, 33, 39].map(code => `${csi}${code}m`))
/**
 * A text as a terminal may show it: names, logs and servers' messages come from outside, and none of them moves the cursor, sets a title, writes
 * to the clipboard or colours what follows. What would is shown as in JSON, `\u001b`, so that it is seen and JSON stays what it is.
 * @param coloured colours of our own stay
 */
export const withoutControls = (text: string, coloured = false): string =>
  text.replaceAll('\r\n', '\n').replace(steering, found => {
    if (found === '\n' || found === '\t' || (coloured && own.has(found))) return found
    return found.length > 1 ? '' : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
