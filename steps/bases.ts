/** IUPAC's codes for several bases, and the bases they allow in the order of the alphabet (Cornish-Bowden 1985, doi:10.1093/nar/13.9.3021). */
export const ambiguous: Readonly<Record<string, string>> = {
  ...{ R: 'AG', Y: 'CT', S: 'CG', W: 'AT', K: 'GT', M: 'AC' },
  ...{ B: 'CGT', D: 'AGT', H: 'ACT', V: 'ACG' },
}
