import { createHash } from "node:crypto";
import { sha256 } from "../../../../src/core/config/sha256";

describe("sha256", () => {
  it("gives the digests of FIPS 180-4's examples", () => {
    expect(sha256("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  it("agrees with Node's at every length around the block borders", () => {
    for (let length = 0; length < 200; length++) {
      const text = "é".repeat(length % 7) + "x".repeat(length);
      expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
    }
  });

  it("agrees with Node's on texts longer than what is kept for short ones, and after them", () => {
    for (const length of [1341, 1342, 4095, 4096, 4097, 100_000, 3]) {
      for (const letter of ["x", "é", "€", "😀"]) {
        const text = letter.repeat(length);
        expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
      }
    }
  });
});
