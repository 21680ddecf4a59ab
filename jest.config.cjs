/** Tests in layers: unit and property (pure), golden (a folder a case), integration (sockets, ptys, foreign code), e2e (the bundle as a process). */
module.exports = {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  testPathIgnorePatterns: ["<rootDir>/test/foreign/"],
  transform: {
    "^.+\\.[mc]?ts$": [
      "@swc/jest",
      {
        jsc: { parser: { syntax: "typescript" }, target: "es2022" },
        module: { type: "commonjs" },
        sourceMaps: "inline",
      },
    ],
  },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  // Most tests wait for sockets and clocks: three at a time keep two cores busy.
  maxWorkers: 3,
  testTimeout: 60000,
};
