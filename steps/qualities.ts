/** Bases of lower quality are as good as none to callers: where all are, no variant is found. Some programs write such where they know none. */
export const leastQuality = 5
