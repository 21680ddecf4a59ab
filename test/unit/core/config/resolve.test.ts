import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import { COMMANDS, contractExample } from "../../../support/contractExample";

describe("the example of the documentation", () => {
  it("is valid", () => {
    const { problems, warnings } = resolveDocument(contractExample(), builtInProfiles);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
  });
  it("has one problem with commands", () => {
    const document = contractExample();
    Object.assign(document.profiles["acme-boiler"], { commands: COMMANDS });
    expect(resolveDocument(document, builtInProfiles).problems).toEqual([
      { path: "/profiles/acme-boiler/commands", text: '"commands" is not supported yet' },
    ]);
  });
});
