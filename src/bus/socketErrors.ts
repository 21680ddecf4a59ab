/** The code of an error of Node (`ECONNREFUSED`), or "" when it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== "object" || error === null || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** What a socket error means to who runs the gateway, and what to look at. Keeps the code for searching. */
export function socketErrorText(error: Error, endpoint: { readonly host: string; readonly port: number }): string {
  const code = errorCode(error);
  const text = meaning(code, endpoint.host, endpoint.port);
  return text === undefined ? error.message : `${text} (${code})`;
}

function meaning(code: string, host: string, port: number): string | undefined {
  switch (code) {
    case "ENOTFOUND":
      return `the name ${host} does not resolve: correct "host", or make it known to the name server of the gateway`;
    case "EAI_AGAIN":
      return `the name ${host} could not be resolved now: no name server answers`;
    case "ECONNREFUSED":
      return `refused: nothing listens on port ${port} there, or it takes no more connections`;
    case "ETIMEDOUT":
      return "no answer from that address: is the device on, is the address right?";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no way to that address: is the device on, is the gateway in the right network?";
    case "ECONNRESET":
      return "reset by the server";
    case "EPIPE":
      return "the server closed the connection";
    default:
      return undefined;
  }
}
