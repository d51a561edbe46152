export { drawDot } from "./draw-dot.ts";
export { drawMermaid } from "./draw-mermaid.ts";
export { drawTree, type Paint, type TreeLook } from "./draw-tree.ts";
export type {
  DefaultRoute,
  EdgeKind,
  LinkNode,
  NamespaceNode,
  NetworkNode,
  OutsideNode,
  PictureEdge,
  PictureGraph,
} from "./graph.ts";
export { graphOfNamespaces, type NamespaceSources, namespaceId } from "./graph-of-namespaces.ts";
export { graphOfTopology } from "./graph-of-topology.ts";
export { type Narrowing, narrowGraph } from "./narrow-graph.ts";
export { drawSvg } from "./svg/draw-svg.ts";
