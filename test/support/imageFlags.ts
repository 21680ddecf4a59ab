/** The V8 flags that the images run the module with (docs/adr/0002); `test/unit/imageFlags.test.ts` compares them. */
export const IMAGE_FLAGS: readonly string[] = [
  "--max-semi-space-size=1",
  "--max-old-space-size=96",
  "--v8-pool-size=1",
  "--no-allocation-site-pretenuring",
  "--optimize-for-size",
];
