import * as z from "zod";
import { TABLES } from "../modbus/spec";
import { NAME, nameFault } from "./names";
import { show } from "./nearest";
import { integer, key, namedBy, objectOf, oneOf } from "./schemaKinds";
import { addressSchema } from "./schemaPoint";

/** 0 is no model, 65535 the end of the chain. */
const modelId = integer("the id of a SunSpec model", 1, 65_534);
const MOST_MODELS = 32;

export const blockSchema = objectOf("a block", {
  table: key(
    oneOf("a table", TABLES as readonly ["coil", "discrete", "input", "holding"]),
    "Of a block at an address.",
  ),
  address: key(addressSchema, "Where the block begins, written as that of a point."),
  sunspecModel: key(
    z
      .array(modelId, {
        error: ({ input }) => `${show(input)} does not fit: a list of model ids, such as [101, 102, 103]`,
      })
      .min(1, { error: () => "the list is empty: a block is found by at least one model id" })
      .max(MOST_MODELS, { error: () => `the list has more than ${MOST_MODELS} model ids` }),
    "Instead of table and address: the block begins at the first of these models in the device's SunSpec chain, at the register of its id.",
  ),
}).meta({ id: "Block" });

const blockName = { pattern: NAME, fault: (name: string) => nameFault(name, "a block") };
export const blocksSchema = namedBy("blocks", blockName, z.nullable(blockSchema));

export type BlockKeys = z.infer<typeof blockSchema>;
