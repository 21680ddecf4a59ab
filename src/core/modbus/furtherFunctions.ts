import { type CustomAnswer, type CustomFunction, customCodec } from "./customFunction";
import { type IdentificationPage, identificationCodec, type ReadDeviceIdentification } from "./deviceIdentification";
import { type Diagnostics, type DiagnosticsAnswer, diagnosticsCodec } from "./diagnostics";
import { fifoCodec, type ReadFifoQueue } from "./fifoQueue";
import {
  type FileRecordAnswer,
  type ReadFileRecord,
  readFileCodec,
  type WriteFileRecord,
  writeFileCodec,
} from "./fileRecord";
import type { FunctionCodec } from "./functionCodec";
import { type MaskWriteRegister, maskWriteCodec } from "./maskWrite";
import { type ReadWriteRegisters, readWriteCodec } from "./readWriteRegisters";
import { type ReportServerId, type ServerIdAnswer, serverIdCodec } from "./serverId";

/** The functions beside those that read and write the four tables. */
export type FurtherRequest =
  | Diagnostics
  | ReportServerId
  | ReadFileRecord
  | WriteFileRecord
  | MaskWriteRegister
  | ReadWriteRegisters
  | ReadFifoQueue
  | ReadDeviceIdentification
  | CustomFunction;

/** What a good answer to each carries. */
export interface FurtherAnswers {
  readonly diagnostics: DiagnosticsAnswer;
  readonly reportServerId: ServerIdAnswer;
  readonly readFileRecord: FileRecordAnswer;
  readonly writeFileRecord: Record<string, never>;
  readonly maskWriteRegister: Record<string, never>;
  readonly readWriteRegisters: { readonly registers: Uint16Array };
  readonly readFifoQueue: { readonly registers: Uint16Array };
  readonly readDeviceIdentification: IdentificationPage;
  readonly custom: CustomAnswer;
}

type Kind = FurtherRequest["kind"];
type FurtherCodecs = {
  readonly [K in Kind]: FunctionCodec<Extract<FurtherRequest, { readonly kind: K }>, FurtherAnswers[K]>;
};

const CODECS: FurtherCodecs = {
  diagnostics: diagnosticsCodec,
  reportServerId: serverIdCodec,
  readFileRecord: readFileCodec,
  writeFileRecord: writeFileCodec,
  maskWriteRegister: maskWriteCodec,
  readWriteRegisters: readWriteCodec,
  readFifoQueue: fifoCodec,
  readDeviceIdentification: identificationCodec,
  custom: customCodec,
};

export const FURTHER_KINDS = Object.keys(CODECS) as readonly Kind[];

/** The codec that fits the request. */
export function codecOf(request: FurtherRequest): FunctionCodec<FurtherRequest, FurtherAnswers[Kind]> {
  // A request gets the codec of its own kind; the table's type cannot say that of a union.
  return CODECS[request.kind] as unknown as FunctionCodec<FurtherRequest, FurtherAnswers[Kind]>;
}
