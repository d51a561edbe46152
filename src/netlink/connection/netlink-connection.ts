import {
  type FileDescriptor,
  linkIndexByName,
  netlinkPortId,
  openNetlinkSocket,
  receiveWaiting,
  sendDatagram,
  setNetlinkOption,
  setSocketBuffers,
} from "../../sys/mod.ts";
import { batchMessages } from "./batch.ts";
import type { Connection, ConnectionOptions, PipelineStep } from "./connection.ts";
import { KernelError, type Refusal, TransactionError } from "./kernel-error.ts";
import type { Message, Request } from "./message.ts";
import {
  encodedLength,
  NetlinkFlag,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_NOOP,
  NLMSG_OVERRUN,
  splitMessages,
  writeMessage,
} from "./message-format.ts";
import { isSuccess, lostAnswer, refusalIn } from "./refusal.ts";

/** Room for the answers to what we send at once. The kernel doubles it, and charges an ack with about 800 bytes. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const SEND_BUFFER_BYTES = 1024 * 1024;
const PIPELINE_STEPS = 1024;
const PIPELINE_BYTES = 256 * 1024;
const DUMP_ATTEMPTS = 10;
const HEADER_BYTES = 16;

/** What waits in the socket: the datagrams, and whether the kernel dropped some because they did not fit. */
interface Answers {
  readonly messages: readonly Message[];
  readonly overrun: boolean;
}

/**
 * The kernel answers within `send`: rtnetlink, nf_tables, conntrack and sock_diag do their work in the sender's thread, and
 * queue the next part of a dump whenever one is read. So nothing here waits, and an answer that is not there was lost.
 */
export class NetlinkConnection implements Connection {
  readonly portId: number;
  readonly #fd: FileDescriptor;
  #sequence = 0;
  #sendBufferBytes = SEND_BUFFER_BYTES;

  constructor({ protocol, netns }: ConnectionOptions) {
    using opened = new DisposableStack();
    this.#fd = opened.use(openNetlinkSocket(protocol, netns));
    setSocketBuffers(this.#fd, { send: SEND_BUFFER_BYTES, receive: RECEIVE_BUFFER_BYTES });
    setNetlinkOption(this.#fd, "extAck", 1);
    setNetlinkOption(this.#fd, "capAck", 1); // errors need not echo the request: the sequence number finds it
    if (protocol === "route") setNetlinkOption(this.#fd, "getStrictCheck", 1); // else filters of dumps are ignored
    this.portId = netlinkPortId(this.#fd);
    opened.move();
  }

  request(operation: string, request: Request): void {
    this.query(operation, request);
  }

  query(operation: string, request: Request): readonly Message[] {
    const sequence = this.#send([{ ...request, flags: request.flags | NetlinkFlag.ack }]);
    const { messages, overrun } = this.#receive();
    const replies: Message[] = [];
    let acknowledged = false;
    for (const message of messages) {
      if (message.sequence !== sequence) continue; // a late reply to an earlier request that failed half-way
      if (message.type !== NLMSG_ERROR) {
        replies.push(message);
        continue;
      }
      const error = refusalIn(message, operation, request);
      if (error !== undefined) throw error;
      acknowledged = true;
    }
    if (!acknowledged) throw lostAnswer(operation, overrun);
    return replies;
  }

  dump(operation: string, request: Request): readonly Message[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const replies = this.#dumpOnce(operation, request);
      if (replies !== undefined) return replies;
    }
    throw new KernelError(operation, "EINTR", { message: `changes interrupted the dump ${DUMP_ATTEMPTS} times` });
  }

  /** `undefined` when the dump is not of one moment, or a part of it was lost. */
  #dumpOnce(operation: string, request: Request): readonly Message[] | undefined {
    const sequence = this.#send([{ ...request, flags: request.flags | NetlinkFlag.dump }]);
    const { messages, overrun } = this.#receive();
    const replies: Message[] = [];
    let interrupted = overrun;
    let done = false;
    for (const message of messages) {
      if (message.sequence !== sequence) continue;
      if ((message.flags & NetlinkFlag.dumpInterrupted) !== 0) interrupted = true;
      if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
        const error = refusalIn(message, operation, request);
        if (error?.errno === "EINTR" || error?.errno === "EAGAIN") interrupted = true;
        else if (error !== undefined) throw error;
        if (message.type === NLMSG_DONE) done = true;
      } else replies.push(message);
    }
    if (interrupted) return undefined;
    if (!done) throw lostAnswer(operation, overrun);
    return replies;
  }

  pipeline(steps: readonly PipelineStep[]): readonly (KernelError | undefined)[] {
    const results: (KernelError | undefined)[] = [];
    let chunk: PipelineStep[] = [];
    let chunkBytes = 0;
    for (const step of steps) {
      const lengthBytes = encodedLength(step.request);
      if (chunk.length === PIPELINE_STEPS || (chunk.length > 0 && chunkBytes + lengthBytes > PIPELINE_BYTES)) {
        results.push(...this.#pipelineOnce(chunk));
        chunk = [];
        chunkBytes = 0;
      }
      chunk.push(step);
      chunkBytes += lengthBytes;
    }
    if (chunk.length > 0) results.push(...this.#pipelineOnce(chunk));
    return results;
  }

  #pipelineOnce(steps: readonly PipelineStep[]): readonly (KernelError | undefined)[] {
    const first = this.#send(steps.map(({ request }) => ({ ...request, flags: request.flags | NetlinkFlag.ack })));
    const { messages, overrun } = this.#receive();
    const results = new Map<number, KernelError | undefined>();
    for (const message of messages) {
      const index = (message.sequence - first) >>> 0;
      const step = steps[index];
      if (step === undefined || message.type !== NLMSG_ERROR) continue;
      results.set(index, isSuccess(message) ? undefined : refusalIn(message, step.operation, step.request));
    }
    return steps.map((step, index) => (results.has(index) ? results.get(index) : lostAnswer(step.operation, overrun)));
  }

  transaction(operation: string, messages: readonly Request[], describe: (index: number) => string): void {
    if (messages.length === 0) return;
    const first = this.#send(batchMessages(messages));
    const answers = this.#receive();
    const errors: Refusal[] = [];
    for (const message of answers.messages) {
      const place = (message.sequence - first) >>> 0;
      if (message.type !== NLMSG_ERROR || place > messages.length + 1) continue;
      const request = messages[place - 1]; // place 0 is the batch's beginning: an error there is of the whole batch
      const index = request === undefined ? undefined : place - 1;
      const error = refusalIn(message, index === undefined ? operation : describe(index), request);
      if (error !== undefined) errors.push({ index, error });
    }
    // Success is silence. After an overrun there was an error whose text did not fit.
    if (answers.overrun) errors.push({ index: undefined, error: lostAnswer(operation, true) });
    const [refusal] = errors;
    if (refusal !== undefined) throw new TransactionError(refusal, errors);
  }

  linkIndex(name: string): number | undefined {
    return linkIndexByName(this.#fd, name);
  }

  /** Sends all in one datagram. @returns The sequence number of the first; the others count on. */
  #send(requests: readonly Request[]): number {
    const lengthBytes = requests.reduce((sum, request) => sum + encodedLength(request), 0);
    this.#reserveSendBuffer(lengthBytes);
    const first = (this.#sequence + 1) >>> 0;
    this.#sequence = (this.#sequence + requests.length) >>> 0;
    sendDatagram(this.#fd, lengthBytes, (bytes, view) => {
      let offset = 0;
      for (const [index, request] of requests.entries()) {
        const flags = request.flags | NetlinkFlag.request;
        offset = writeMessage({ bytes, view, offset }, { ...request, flags, sequence: (first + index) >>> 0 });
      }
    });
    return first;
  }

  /** The kernel refuses a datagram that does not fit in the socket's send buffer. */
  #reserveSendBuffer(lengthBytes: number): void {
    if (lengthBytes + HEADER_BYTES * 2 <= this.#sendBufferBytes) return;
    this.#sendBufferBytes = 2 ** Math.ceil(Math.log2(lengthBytes + HEADER_BYTES * 2));
    setSocketBuffers(this.#fd, { send: this.#sendBufferBytes });
  }

  /** All that waits. */
  #receive(): Answers {
    const { runs, overrun } = receiveWaiting(this.#fd);
    const messages = runs.flatMap(splitMessages).filter(({ type }) => type !== NLMSG_NOOP);
    return { messages, overrun: overrun || messages.some(({ type }) => type === NLMSG_OVERRUN) };
  }

  [Symbol.dispose](): void {
    this.#fd[Symbol.dispose]();
  }
}
