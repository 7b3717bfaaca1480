// Noise of simulated times: how far the logarithm of a run lies from that of its true time.
type Random = () => number

/** Box and Muller, 1958. */
export const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
/** Times of a program that takes `seconds`, with log-normal noise. */
export const times = (random: Random, runs: number, seconds: number, noise: number): readonly number[] =>
  Array.from({ length: runs }, () => seconds * Math.exp(noise * normal(random)))
