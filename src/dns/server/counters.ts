/** What the server counts while it works. */
export class Counters {
  queries = 0;
  local = 0;
  cacheHits = 0;
  forwarded = 0;
  forwardFailures = 0;
  overLimit = 0;
  rejected = 0;
  /** Open now. */
  tcpConnections = 0;
}
