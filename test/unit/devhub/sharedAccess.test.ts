import { hmac, verifySharedAccess } from "../../../src/devhub/sharedAccess";
import { epochMs } from "../../../src/kernel/units";

const key = Buffer.from("Jefe");
const resource = "hub/devices/d/modules/m";
const expiry = 1_800_000_000;
const before = epochMs(1_799_999_999_000);

function token(parts: Partial<Record<"sr" | "sig" | "se", string>> = {}): string {
  const sr = parts.sr ?? "hub%2Fdevices%2Fd%2Fmodules%2Fm";
  const se = parts.se ?? String(expiry);
  const sig = parts.sig ?? hmac(key, `${sr}\n${se}`);
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`;
}

describe("shared access signatures", () => {
  it("computes HMAC-SHA256 (RFC 4231, test case 2)", () => {
    const hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    expect(hmac(key, "what do ya want for nothing?")).toBe(Buffer.from(hex, "hex").toString("base64"));
  });

  it("accepts one that is signed, for the resource, and valid", () => {
    expect(verifySharedAccess(token(), resource, key, before)).toEqual({ ok: true, value: undefined });
  });

  it.each([
    [
      "another key",
      token({ sig: hmac(Buffer.from("other"), `hub%2Fdevices%2Fd%2Fmodules%2Fm\n${expiry}`) }),
      "the signature does not match",
    ],
    [
      "another resource",
      token({ sr: "hub%2Fdevices%2Fd%2Fmodules%2Fx" }),
      `the signature is for hub/devices/d/modules/x, not for ${resource}`,
    ],
    ["expired", token({ se: "1799999999" }), "the signature expired (se=1799999999)"],
    ["no expiry", token({ se: "" }), "the signature expired (se=)"],
    ["nothing", "", "the password is not a shared access signature"],
    ["no fields", "SharedAccessSignature x", `the signature is for nothing, not for ${resource}`],
  ])("refuses %s", (_name, password, reason) => {
    expect(verifySharedAccess(password, resource, key, before)).toEqual({ ok: false, error: reason });
  });
});
