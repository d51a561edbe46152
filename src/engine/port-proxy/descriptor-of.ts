/** The runtime has it, its types do not. @returns -1 for a socket that is closed. */
export function descriptorOf(socket: object): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
}
