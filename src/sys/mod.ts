export { DatagramBatch } from "./datagram-batch.ts";
export { Epoll, EpollEvent } from "./epoll.ts";
export { type Errno, errnoName, errnoNumbers } from "./errno.ts";
export { drainEventFd, openEventFd, signalEventFd } from "./event-fd.ts";
export { FileDescriptor, fileSize, OpenFlag, openFile } from "./file-descriptor.ts";
export { tryLock, unlock, waitForLock } from "./file-lock.ts";
export {
  formatServer,
  type HostResolver,
  type HostServer,
  parseResolvConf,
  RESOLV_CONF_PATHS,
  readHostResolver,
} from "./host-resolver.ts";
export {
  acceptSocket,
  bindServerSocket,
  closeDescriptor,
  connectSocket,
  listenSocket,
  openTcpSocket,
  openUdpSocket,
  pendingSocketError,
  type Received,
  receiveBytes,
  type SocketAddress,
  sendBytes,
  setReceiveBuffer,
} from "./inet-socket.ts";
export { Inotify } from "./inotify.ts";
export { type IptablesTableBytes, iptablesTableNames, readIptablesTable } from "./iptables-table.ts";
export { linkIndexByName } from "./link-index.ts";
export { FrameSender, LinkSocket, openLinkSocket } from "./link-socket.ts";
export { MountFlag, type MountSpec, mount, unmount } from "./mount.ts";
export { nap } from "./nap.ts";
export {
  netlinkPortId,
  openNetlinkSocket,
  type ReceivedDatagram,
  receiveDatagram,
  receiveWaiting,
  sendDatagram,
  setNetlinkOption,
  setSocketBuffers,
} from "./netlink-socket.ts";
export {
  closeHomeNetns,
  createNetns,
  currentNetns,
  inNetns,
  joinNetns,
  Netns,
  type NetnsIdentity,
  type NotPromise,
  openNetns,
  openNetnsOfPid,
} from "./netns.ts";
export {
  bindNetns,
  createNetnsNote,
  NETNS_DRAFT_SUFFIX,
  type NetnsBinding,
  type NetnsNote,
  unbindNetns,
  unshareNetnsDirectory,
} from "./netns-binding.ts";
export { netnsCookie } from "./netns-cookie.ts";
export { originalDestination6 } from "./original-destination.ts";
export { PacketDirection, PacketRing, type PacketRingMemory } from "./packet-ring.ts";
export {
  clearSocketError,
  type FilterInstruction,
  openPacketSocket,
  type PacketSocket,
  type PacketSocketSpec,
  type PacketStatistics,
  packetSocketHasLink,
  takePacketStatistics,
} from "./packet-socket.ts";
export { exitNow, leaveDescriptorsBehind, sendInPartingProcess } from "./parting-process.ts";
export { openPidfd, readWaitStatus, signalPidfd } from "./pidfd.ts";
export { openPipe, type Pipe } from "./pipe.ts";
export { pollReadable } from "./poll.ts";
export { findPortHolder, PortReservationError, type ReservablePort, reservePort } from "./port-reservation.ts";
export { findData, punchHole } from "./punch-hole.ts";
export { sendFrom6 } from "./send-from.ts";
export { readSysctl, writeSysctl } from "./sysctl.ts";
export { lastError, SystemCallError } from "./system-call-error.ts";
export { openTunDevice, type TunDeviceSpec } from "./tun-device.ts";
export { connectUnixSocket } from "./unix-socket.ts";
export { addToWaitSet, openWaitSet, waitForSet } from "./wait-set.ts";
export { readDescriptor, readLink, readSmallFile, writeDescriptor } from "./whole-input.ts";
