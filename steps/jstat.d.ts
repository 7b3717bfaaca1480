// What is used of jStat, which brings no types.
declare module 'jstat' {
  const library: {
    readonly jStat: {
      median(values: readonly number[]): number
      mean(values: readonly number[]): number
      /** Median absolute deviation. */
      meddev(values: readonly number[]): number
      /** With `true` that of a sample: over n - 1. */
      stdev(values: readonly number[], sample: boolean): number
      readonly studentt: { inv(probability: number, freedom: number): number }
      readonly beta: { inv(probability: number, alpha: number, beta: number): number }
      readonly normal: {
        inv(probability: number, mean: number, deviation: number): number
        cdf(x: number, mean: number, deviation: number): number
      }
    }
  }
  export default library
}
