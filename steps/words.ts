/** English plural of what people call a group: patients, biopsies, dishes, mice. */
export function plural(word: string): string {
  if (/mouse$/i.test(word)) return word.replace(/ouse$/i, 'ice')
  if (/[^aeiou]y$/i.test(word)) return `${word.slice(0, -1)}ies`
  return /(s|x|z|ch|sh)$/i.test(word) ? `${word}es` : `${word}s`
}
/** "1 patient", "2,000 patients". */
export const several = (count: number, word: string): string => `${count.toLocaleString('en')} ${count === 1 ? word : plural(word)}`
export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
